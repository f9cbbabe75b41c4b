using System.Diagnostics;
using System.Text.RegularExpressions;
using Xunit;

namespace Couch.Tests.Support;

/// <summary>The balancer of <c>deploy/</c>, run for real with its own configuration, before nodes that are named by their ports.</summary>
internal sealed partial class HaProxy : IAsyncDisposable
{
    private readonly TemporaryFolder folder = new();
    private readonly Process process;

    private HaProxy(int port, params int[] nodes)
    {
        Port = port;
        File.WriteAllText(folder["haproxy.cfg"], Configuration(port, nodes));
        process = Process.Start(new ProcessStartInfo("haproxy", ["-db", "-f", folder["haproxy.cfg"]]) { RedirectStandardOutput = true,
            RedirectStandardError = true })!;
        process.OutputDataReceived += (_, _) => { };
        process.BeginOutputReadLine();
    }

    public int Port { get; }

    public Caller Anyone => new(new($"http://127.0.0.1:{Port}"));

    /// <summary>A balancer that has found a node ready.</summary>
    public static Task<HaProxy> Start(params int[] nodes) => StartAt(FreePort.Find(1)[0], nodes);

    /// <summary>The same on a port that its nodes have been told.</summary>
    public static async Task<HaProxy> StartAt(int port, params int[] nodes)
    {
        var balancer = new HaProxy(port, nodes);
        await Until.True(balancer.IsReady, TimeSpan.FromSeconds(30), "the balancer knows a node that is ready");
        return balancer;
    }

    public async ValueTask DisposeAsync()
    {
        if (!process.HasExited)
            process.Kill();
        await process.ToEnd();
        process.Dispose();
        folder.Dispose();
    }

    private async Task<bool> IsReady()
    {
        if (process.HasExited)
            Assert.Fail($"haproxy exited with {process.ExitCode}: {await process.StandardError.ReadToEndAsync()}");
        try
        {
            return (await Anyone.Get("/health/ready")).Status is 200;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }

    /// <summary>As it is deployed, but for where it listens, where its files are, and how it finds the nodes.</summary>
    private static string Configuration(int port, int[] nodes)
    {
        var deployed = Path.Combine(Repository.Root, "deploy/balancer");
        var text = File.ReadAllText(Path.Combine(deployed, "haproxy.cfg"))
            .Replace("bind :3000", $"bind 127.0.0.1:{port}", StringComparison.Ordinal)
            .Replace("/usr/local/etc/haproxy", deployed, StringComparison.Ordinal);
        text = Resolvers().Replace(text, "");
        return Servers().Replace(text, string.Join('\n', nodes.Select(node => $"  server node{node} 127.0.0.1:{node}")));
    }

    [GeneratedRegex(@"^resolvers.*?(?=^defaults)", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Resolvers();

    [GeneratedRegex(@"^  server-template .*$", RegexOptions.Multiline)]
    private static partial Regex Servers();
}
