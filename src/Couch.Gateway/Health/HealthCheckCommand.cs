using System.Net.Sockets;
using Couch.Gateway.Hosting;

namespace Couch.Gateway.Health;

/// <summary>
/// <c>Couch.Gateway --health</c>: asks the couch that was started beside it, under the same environment, whether it is
/// ready. For container health checks, in images that have neither a shell nor curl.
/// </summary>
public static class HealthCheckCommand
{
    /// <summary>The argument that runs this command instead of starting a couch.</summary>
    public const string Switch = "--health";

    private const int NotReady = 1;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(4);

    /// <returns>The exit code: 0 where it is ready, else 1.</returns>
    public static async Task<int> Run(string[] args, TextWriter output)
    {
        var configuration = new ConfigurationBuilder()
            .AddEnvironmentVariables("ASPNETCORE_").AddEnvironmentVariables().AddCommandLine([.. args.Except([Switch])]).Build();
        var socket = Addresses.SocketToKnockAt(configuration);
        // Only the couch on this machine is asked: no proxy is used, and its certificate is accepted, whatever it is.
        using var handler = new SocketsHttpHandler { UseProxy = false };
        handler.SslOptions.RemoteCertificateValidationCallback = (_, certificate, _, _) => certificate is not null;
        if (socket is not null)
            handler.ConnectCallback = async (_, cancel) => await Connect(socket, cancel);
        using var http = new HttpClient(handler) { Timeout = Patience };
        try
        {
            using var response = await http.GetAsync(
                new Uri(socket is null ? Addresses.ToKnockAt(configuration) : new("http://localhost"), "/health/ready"));
            await output.WriteLineAsync(await response.Content.ReadAsStringAsync());
            return response.IsSuccessStatusCode ? 0 : NotReady;
        }
        catch (Exception silence) when (silence is HttpRequestException or SocketException or TaskCanceledException)
        {
            await output.WriteLineAsync(silence.Message);
            return NotReady;
        }
    }

    private static async Task<Stream> Connect(string path, CancellationToken cancel)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), cancel);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
