using System.Diagnostics;
using System.Security.Cryptography;
using Xunit;

namespace Couch.Tests.Support;

/// <summary>
/// A machine on the internet as guests on one bridge see it, made of a network namespace: it serves pages at documentation
/// addresses, and where nobody keeps guests from it, at the metadata service's and a private one. Needs root; gone with the test.
/// </summary>
internal sealed class OutsideWorld : IAsyncDisposable
{
    public const string Metadata = "169.254.169.254";
    public const string PrivateAddress = "172.31.254.254";
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(30);

    private readonly string name = "cchw" + Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(3));
    private readonly string table = RandomNumberGenerator.GetInt32(1000, 30_000).ToString(
        System.Globalization.CultureInfo.InvariantCulture);
    private readonly int place = RandomNumberGenerator.GetInt32(64) * 4;
    private readonly string bridge;

    private OutsideWorld(string bridge) => this.bridge = bridge;

    public string Address => $"203.0.113.{place + 2}";

    public string Address6 => $"2001:db8:{place:x}::2";

    private string Here => $"203.0.113.{place + 1}";

    private string Here6 => $"2001:db8:{place:x}::1";

    public static async Task<OutsideWorld> Beyond(string bridge)
    {
        var world = new OutsideWorld(bridge);
        await world.Make();
        return world;
    }

    /// <summary>Runs a command as root.</summary>
    public static async Task<(int ExitCode, string Output)> AsRoot(params string[] command)
    {
        string[] words = Environment.IsPrivilegedProcess ? command : ["sudo", "-n", .. command];
        var start = new ProcessStartInfo(words[0], words[1..]) { RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["PATH"] += ":/usr/sbin:/sbin";
        using var process = Process.Start(start)!;
        var (output, errors) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.ToEnd();
        return (process.ExitCode, await output + await errors);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var address in new[] { Metadata, PrivateAddress })
            await AsRoot("ip", "rule", "del", "iif", bridge, "to", address, "lookup", table);
        await AsRoot("sh", "-c", $"ip netns pids {name} | xargs -r kill");
        await AsRoot("ip", "link", "del", name);
        await AsRoot("ip", "netns", "del", name);
    }

    private async Task Make()
    {
        await Must("ip", "netns", "add", name);
        await Must("ip", "link", "add", name, "type", "veth", "peer", "name", "world", "netns", name);
        foreach (var line in new[]
                 {
                     $"addr add {Here}/30 dev {name}", $"addr add {Here6}/64 dev {name} nodad", $"link set {name} up",
                     $"-n {name} addr add {Address}/30 dev world", $"-n {name} addr add {Address6}/64 dev world nodad",
                     $"-n {name} addr add {Metadata}/32 dev world", $"-n {name} addr add {PrivateAddress}/32 dev world",
                     $"-n {name} link set lo up", $"-n {name} link set world up", $"-n {name} route add default via {Here}",
                     $"-n {name} -6 route add default via {Here6}",
                     // For this bridge's guests alone: the machine and other tests go on without it.
                     $"route add {Metadata} via {Address} dev {name} table {table}",
                     $"route add {PrivateAddress} via {Address} dev {name} table {table}",
                     $"rule add iif {bridge} to {Metadata} lookup {table}", $"rule add iif {bridge} to {PrivateAddress} lookup {table}",
                 })
            await Must(["ip", .. line.Split(' ')]);
        await Must("sh", "-c", $"ip netns exec {name} busybox httpd -p '[::]:80' -h /bin");
        await Until.True(
            async () => (await AsRoot("sh", "-c", $"ip netns exec {name} busybox nc -w 1 {Address} 80 </dev/null")).ExitCode == 0,
            Bound, "the world serves pages");
    }

    private static async Task Must(params string[] command)
    {
        var (code, output) = await AsRoot(command);
        Assert.True(code == 0, $"{string.Join(' ', command)} exited with {code}: {output}");
    }
}
