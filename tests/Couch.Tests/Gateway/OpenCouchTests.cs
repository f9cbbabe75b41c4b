using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Couch.Gateway.Access;
using Couch.Tests.Support;
using Xunit;

namespace Couch.Tests.Gateway;

/// <summary>A couch without a host key is open to this machine, and to nobody who only seems to be on it.</summary>
public sealed class OpenCouchTests(CouchHost couch) : IClassFixture<CouchHost>
{
    [Theory]
    [InlineData("localhost")]
    [InlineData("LOCALHOST:3000")]
    [InlineData("127.0.0.1:1")]
    [InlineData("127.1.2.3")]
    [InlineData("[::1]:3000")]
    public async Task A_caller_by_a_loopback_name_is_a_host(string name) =>
        (await couch.Anyone.Sending("Host", name).Get("/couch/guests")).Is(200);

    [Theory]
    [InlineData("couch.example")]
    [InlineData("localhost.example:3000")]
    [InlineData("127.0.0.1.example")]
    [InlineData("192.168.1.7:3000")]
    [InlineData("0.0.0.0:3000")]
    public async Task A_page_that_has_rebound_its_name_is_a_stranger(string name) =>
        (await couch.Anyone.Sending("Host", name).Get("/couch/guests")).Refuses(401);

    [Theory]
    [InlineData("X-Forwarded-For", "127.0.0.1")]
    [InlineData("X-Forwarded-Host", "localhost")]
    [InlineData("X-Forwarded-Proto", "http")]
    [InlineData("x-forwarded-anything", "")]
    [InlineData("Forwarded", "for=127.0.0.1")]
    [InlineData("X-Original-For", "127.0.0.1")]
    [InlineData("X-Original-URL", "/")]
    [InlineData("X-Real-IP", "127.0.0.1")]
    [InlineData("Via", "1.1 proxy")]
    [InlineData("True-Client-IP", "127.0.0.1")]
    public async Task A_request_that_a_proxy_has_passed_on_is_a_strangers(string header, string value) =>
        (await couch.Anyone.Sending(header, value).Get("/couch/guests")).Refuses(401);

    [Fact]
    public async Task A_trusted_proxy_makes_nobody_a_host()
    {
        await using var trusting = await CouchHost.Start("--COUCH_TRUSTED_PROXIES=127.0.0.1");

        (await trusting.Anyone.Get("/couch/guests")).Is(200);
        (await trusting.Anyone.Sending("X-Forwarded-For", "127.0.0.1").Get("/couch/guests")).Refuses(401);
    }

    [Fact]
    public async Task Public_endpoints_answer_whoever_asks() =>
        (await couch.Anyone.Sending("X-Forwarded-For", "203.0.113.7").Sending("Host", "couch.example").Get("/health")).Is(200);

    [Fact]
    public async Task A_caller_that_speaks_HTTP_1_0_as_a_proxy_does_is_a_stranger()
    {
        // What nginx sends by itself: the upstream's name as the host, and no header that says who is behind it.
        Assert.StartsWith("HTTP/1.1 401", await Raw("GET /couch/guests HTTP/1.0\r\nHost: 127.0.0.1:3000\r\nConnection: close\r\n\r\n"),
            StringComparison.Ordinal);
        Assert.StartsWith("HTTP/1.1 200", await Raw("GET /couch/guests HTTP/1.1\r\nHost: 127.0.0.1:3000\r\nConnection: close\r\n\r\n"),
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task Whoever_comes_through_nginx_as_it_is_set_up_by_itself_is_a_stranger()
    {
        using var folder = new TemporaryFolder();
        var port = FreePort.Find(1)[0];
        await File.WriteAllTextAsync(folder["nginx.conf"], $$"""
            daemon off; user www-data; pid {{folder["pid"]}}; error_log {{folder["error.log"]}};
            events {}
            http {
              access_log off;
              client_body_temp_path {{folder["body"]}}; proxy_temp_path {{folder["proxy"]}}; fastcgi_temp_path {{folder["fastcgi"]}}; uwsgi_temp_path {{folder["uwsgi"]}}; scgi_temp_path {{folder["scgi"]}};
              server {
                listen 127.0.0.1:{{port}};
                location / { proxy_pass {{couch.Address}}; }
                location /later/ { proxy_pass {{couch.Address}}; proxy_http_version 1.1; proxy_set_header Connection ""; }
              }
            }
            """, TestContext.Current.CancellationToken);
        using var nginx = Process.Start(new ProcessStartInfo("nginx",
            ["-p", folder["."], "-c", folder["nginx.conf"], "-e", folder["error.log"]]))!;
        try
        {
            var world = new Caller(new($"http://127.0.0.1:{port}"));
            await Until.True(() => Answers(world), TimeSpan.FromSeconds(30), "nginx passes requests on");

            (await world.Get("/couch/guests")).Refuses(401);
            // As it comes since 1.29.7: known by its user alone.
            (await world.Get("/later/couch/guests")).Refuses(401);
            (await couch.Anyone.Get("/couch/guests")).Is(200);
        }
        finally
        {
            // Asked, so that its workers end with it.
            using var kill = Process.Start("kill", ["-TERM", $"{nginx.Id}"]);
            await kill.ToEnd();
            await nginx.ToEnd();
        }

        static async Task<bool> Answers(Caller world)
        {
            try
            {
                return (await world.Get("/health")).Status is 200;
            }
            catch (HttpRequestException)
            {
                return false;
            }
        }
    }

    [Fact]
    public async Task Another_user_of_this_machine_is_a_stranger() =>
        Assert.Equal(("200", "401"), (await Curl(Environment.UserName), await Curl("nobody")));

    [Fact]
    public async Task A_socket_that_its_process_has_let_go_of_is_nobodys()
    {
        var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var client = new TcpClient();
        await client.ConnectAsync((IPEndPoint)listener.LocalEndpoint);
        using var accepted = await listener.AcceptSocketAsync(TestContext.Current.CancellationToken);
        var (peer, own) = ((IPEndPoint)accepted.RemoteEndPoint!, (IPEndPoint)accepted.LocalEndPoint!);

        Assert.True(LoopbackPeer.IsOwn(peer, own));
        Assert.False(LoopbackPeer.IsOwn(new(peer.Address, own.Port), own));
        client.Dispose();
        Assert.False(LoopbackPeer.IsOwn(peer, own));
        listener.Dispose();
    }

    private async Task<string> Raw(string request)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(couch.Address.Host, couch.Address.Port);
        var stream = client.GetStream();
        await stream.WriteAsync(Encoding.ASCII.GetBytes(request));
        using var reader = new StreamReader(stream);
        return await reader.ReadToEndAsync();
    }

    private async Task<string> Curl(string user)
    {
        var start = new ProcessStartInfo("runuser", ["-u", user, "--", "curl", "-s", "-o", "/dev/null", "-w", "%{http_code}",
            $"{couch.Address}couch/guests"]) { RedirectStandardOutput = true };
        using var curl = Process.Start(start)!;
        var said = await curl.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await curl.ToEnd();
        return said;
    }
}
