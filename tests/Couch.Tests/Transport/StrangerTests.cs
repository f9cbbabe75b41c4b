using System.Net;
using System.Net.Sockets;
using System.Text;
using Couch.Domain.Guests;
using Couch.Tests.Support;
using Xunit;

namespace Couch.Tests.Transport;

/// <summary>Whoever reaches a silo port or a gateway port without a signing key of the couch gets nothing there.</summary>
public sealed class StrangerTests(Victims victims) : IClassFixture<Victims>
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(60);

    public static TheoryData<string> Strangers => ["plain", "with another key", "without a certificate"];

    [Theory]
    [MemberData(nameof(Strangers))]
    public async Task A_client_that_does_not_prove_itself_cannot_end_a_guest(string how)
    {
        var stranger = Stranger(how);
        var failures = await Task.WhenAll(
            new[] { victims.Node.GatewayPort, victims.Silo.GatewayPort, victims.Node.SiloPort, victims.Silo.SiloPort,
                victims.Single.SiloPort }
                .Select(port => stranger.KillAsClient(port, victims.Guest)));

        Assert.All(failures, Assert.NotNull);
        await victims.AreUntouched();
        await SaysWhoWasRefused(victims.Node, "gateway");
        await SaysWhoWasRefused(victims.Silo, "gateway");
    }

    [Theory]
    [MemberData(nameof(Strangers))]
    public async Task A_silo_that_does_not_prove_itself_is_not_greeted(string how)
    {
        foreach (var couch in new[] { victims.Single, victims.Node, victims.Silo })
        {
            Assert.Equal(0, await Stranger(how).HearsAsSilo(couch.SiloPort));
            await SaysWhoWasRefused(couch, "silo");
        }

        await victims.AreUntouched();
    }

    [Fact]
    public async Task A_silo_that_holds_the_signing_key_is_greeted()
    {
        Assert.Equal(1, await Transport.Stranger.With(victims.Keys).HearsAsSilo(victims.Node.SiloPort));
        Assert.Equal(1, await Transport.Stranger.With(victims.Keys).HearsAsSilo(victims.Silo.SiloPort));
    }

    [Fact]
    public async Task A_client_that_holds_the_signing_key_is_let_in()
    {
        var guest = (await victims.Node.Arrive())["guestId"]!;
        Assert.True(GuestId.TryParse(guest, out var id));

        await Until.True(async () => await Transport.Stranger.With(victims.Keys).KillAsClient(victims.Silo.GatewayPort, id) is null, Soon,
            "the guest is ended");
        Assert.Equal("killed", (await Victim.Certain(() => victims.Node.Anyone.Get($"/couch/guests/{guest}"))).Is(200)["endReason"]);
    }

    [Theory]
    [InlineData("GET / HTTP/1.1\r\nHost: couch\r\n\r\n")]
    [InlineData("\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0")]
    [InlineData("")]
    public async Task Whatever_else_is_spoken_at_a_port_gets_no_answer_and_the_connection_ends(string said)
    {
        foreach (var port in new[] { victims.Single.SiloPort, victims.Node.SiloPort, victims.Node.GatewayPort, victims.Silo.SiloPort,
            victims.Silo.GatewayPort })
        {
            using var client = new TcpClient();
            await client.ConnectAsync(IPAddress.Loopback, port);
            await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes(said));

            // At most TLS's alert. A silo that talked would begin with the couch's name.
            var heard = Encoding.Latin1.GetString(await HeardUntilTheEnd(client));
            Assert.InRange(heard.Length, 0, 64);
            Assert.DoesNotContain("couch", heard, StringComparison.OrdinalIgnoreCase);
        }

        await victims.AreUntouched();
    }

    [Fact]
    public async Task Silent_connections_keep_nobody_out_and_fill_no_log()
    {
        var lines = victims.Silo.Log.All.Count;
        var silent = Enumerable.Range(0, 400).Select(_ => new TcpClient()).ToList();
        foreach (var client in silent)
            await Connect(client, victims.Silo.GatewayPort);

        // At once, while the last of them still hold their places.
        Assert.Null(await Transport.Stranger.With(victims.Keys).KillAsClient(victims.Silo.GatewayPort, Unknown));
        foreach (var client in silent)
        {
            if (client.Connected)
                await HeardUntilTheEnd(client);
            client.Dispose();
        }

        Assert.InRange(victims.Silo.Log.All.Count - lines, 0, 6);
    }

    private static GuestId Unknown => GuestId.New(Some.Time, Some.Random);

    private static Stranger Stranger(string how) => how switch
    {
        "plain" => Transport.Stranger.Plain,
        "with another key" => Transport.Stranger.With(Some.Keys()),
        _ => Transport.Stranger.WithoutCertificate,
    };

    private static Task SaysWhoWasRefused(Victim couch, string port) => Until.True(
        () => Task.FromResult(couch.Log.All.Any(line =>
            line.Contains("A connection from 127.0.0.1:", StringComparison.Ordinal) && line.Contains(
                $"to the {port} port was refused", StringComparison.Ordinal))),
        Soon, "the log says so");

    private static async Task Connect(TcpClient client, int port)
    {
        try
        {
            await client.ConnectAsync(IPAddress.Loopback, port);
        }
        catch (SocketException)
        {
            // Closed before it was known to be open: its place was taken by the next.
        }
    }

    /// <summary>What the other side says until it ends the connection, by itself and soon.</summary>
    private static async Task<byte[]> HeardUntilTheEnd(TcpClient client)
    {
        using var heard = new MemoryStream();
        try
        {
            await client.GetStream().CopyToAsync(heard).WaitAsync(Soon);
        }
        catch (IOException)
        {
            // Ended by a reset.
        }

        return heard.ToArray();
    }
}
