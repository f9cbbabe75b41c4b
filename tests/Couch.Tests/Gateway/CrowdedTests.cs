using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Couch.Tests.Support;
using Xunit;

namespace Couch.Tests.Gateway;

/// <summary>One client opens as many connections as a process may have files open, and others are served all the same.</summary>
public sealed class CrowdedTests : IAsyncLifetime
{
    private const int OpenFiles = 700;
    private const int Crowd = 800;
    private const string Key = "a host's key, of some length";
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(5);

    private readonly TemporaryFolder folder = new();
    private readonly List<Socket> crowd = [];
    private CouchProcess couch = null!;

    private Caller Host => couch.Anyone.Sending("Authorization", $"Bearer {Key}");

    public async ValueTask InitializeAsync() =>
        couch = await CouchProcess.Start(new() { ["COUCH_DATA_DIR"] = folder["data"], ["COUCH_AUTH_TOKEN"] = Key }, openFiles: OpenFiles);

    public async ValueTask DisposeAsync()
    {
        crowd.ForEach(socket => socket.Dispose());
        await couch.DisposeAsync();
        folder.Dispose();
    }

    [Theory]
    [InlineData("")]
    [InlineData("GET /health HTTP/1.1\r\nHost: loc")]
    [InlineData("GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n")]
    [InlineData("POST /couch/redeem HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 60000\r\n\r\n{")]
    [InlineData("POST /couch/checkout HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nTransfer-Encoding: "
        + "chunked\r\n\r\n1\r\n{\r\n")]
    public async Task Connections_that_say_nothing_half_a_request_or_nothing_more_keep_nobody_out(string said)
    {
        var stay = await Host.Arrive();
        await Open(Crowd, said);

        await Answers(stay);
        await Open(Crowd / 2, said);
        await Answers(stay);
        Assert.Equal("revoked", (await Promptly(() => Host.Delete($"/couch/guests/{stay["guestId"]}"))).Is(200)["status"]);
        Assert.DoesNotContain("Too many open files", couch.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Guests_that_wait_keep_no_host_out()
    {
        var (stay, other) = (await Host.Arrive(), await Host.Arrive());
        await Open(Crowd, $"GET /couch/status?wait=60 HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {stay["authToken"]}\r\n\r\n");

        await Answers(other);
        Assert.Equal("revoked", (await Promptly(() => Host.Delete($"/couch/guests/{stay["guestId"]}"))).Is(200)["status"]);
    }

    /// <summary>Whoever comes anew is served: health, a host, a guest.</summary>
    private async Task Answers(Answer stay)
    {
        (await Promptly(() => couch.Anyone.Get("/health"))).Is(200);
        (await Promptly(() => couch.Anyone.Get("/health/ready"))).Is(200);
        (await Promptly(() => Host.Get($"/couch/guests/{stay["guestId"]}"))).Is(200);
        (await Promptly(() => couch.Anyone.Sending("Authorization", $"Bearer {stay["authToken"]}").Get("/couch/status"))).Is(200);
    }

    private static async Task<Answer> Promptly(Func<Task<Answer>> ask)
    {
        var began = Stopwatch.GetTimestamp();
        var answer = await ask();
        Assert.InRange(Stopwatch.GetElapsedTime(began), TimeSpan.Zero, Soon);
        return answer;
    }

    private async Task Open(int connections, string said)
    {
        var bytes = Encoding.ASCII.GetBytes(said);
        for (var i = 0; i < connections; i++)
        {
            var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            crowd.Add(socket);
            using var bound = new CancellationTokenSource(Soon);
            await socket.ConnectAsync(IPAddress.Loopback, couch.Http.BaseAddress!.Port, bound.Token);
            if (bytes.Length > 0)
                await socket.SendAsync(bytes, bound.Token);
        }
    }
}
