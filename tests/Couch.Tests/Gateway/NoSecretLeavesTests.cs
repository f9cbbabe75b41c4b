using System.Net.Sockets;
using System.Text;
using Couch.Cluster;
using Couch.Tests.Console;
using Couch.Tests.Mcp;
using Couch.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using OpenTelemetry.Metrics;
using OpenTelemetry.Trace;
using Xunit;

namespace Couch.Tests.Gateway;

/// <summary>
/// Nothing secret in a log, a trace or a metric, whatever the level. No other couch may end in this process meanwhile: the
/// exporter would take it for the end of this one's metrics too.
/// </summary>
[Collection(Alone.Name)]
public sealed class NoSecretLeavesTests
{
    private const string HostKey = "the-host-key-that-must-not-leave";

    private const string Json = "Content-Type: application/json";

    private const string Password = "the-password-that-must-not-leave";

    [Fact]
    public Task No_capability_and_no_key_is_logged_or_traced_by_a_busy_run_at_any_level_on_sqlite() => BeBusy();

    [Fact]
    public async Task No_capability_and_no_key_is_logged_or_traced_by_a_busy_run_at_any_level_on_postgres()
    {
        await using var database = await PostgresServer.NewDatabase();
        await BeBusy($"--ConnectionStrings:Couch={database.ConnectionString};Password={Password}", "--COUCH_ADVERTISED_ADDRESS=127.0.0.1");
    }

    private static async Task BeBusy(params string[] settings)
    {
        using var eavesdropper = new LogCapture();
        await using var collector = await Collector.Start();
        var signingKey = Some.Key();
        await using var couch = await CouchHost.Start(
            builder => builder.Logging.SetMinimumLevel(LogLevel.Trace).AddProvider(eavesdropper),
            [
                $"--COUCH_AUTH_TOKEN={HostKey}", $"--COUCH_SIGNING_KEY={signingKey}",
                "--Logging:LogLevel:Default=Trace", "--Logging:LogLevel:Couch=Trace", "--Logging:LogLevel:Microsoft=Trace",
                "--Logging:LogLevel:Orleans=Trace",
                "--Logging:LogLevel:Npgsql=Trace", "--Logging:LogLevel:Microsoft.AspNetCore.Hosting.Diagnostics=Trace",
                .. collector.Settings.AsArguments(), .. settings,
            ]);
        const string idempotencyKey = "an-idempotency-key-as-good-as-a-password";
        var secrets = new List<string> { HostKey, signingKey, Password, idempotencyKey };
        var host = couch.With(HostKey);
        var made = (await host.Post("/couch/keys", new { name = "busy", scopes = new[] { "invites", "guests" } })).Is(201);
        secrets.Add(made["key"]!);
        var webhook = (await host.Post("/couch/webhooks", new { url = $"{couch.Address}couch/redeem" })).Is(201);
        secrets.Add(webhook["secret"]!["whsec_".Length..]);
        (await host.Post($"/couch/webhooks/{webhook["id"]}/test")).Is(200);
        var session = await couch.SignInWith(HostKey);
        var ticket = (await host.Post("/couch/console/tickets")).Is(200)["ticket"]!;
        secrets.AddRange([session, ticket]);
        (await couch.By(session).Get("/couch/guests")).Is(200);
        await couch.By(Visits.Forged(session)).AsConsole().Get("/couch/guests");
        (await couch.Anyone.AsConsole().Post(Signing.SignIn, new { ticket })).Is(200);
        await couch.Anyone.AsConsole().Post(Signing.SignIn, new { ticket });
        await couch.Anyone.AsConsole().Post(Signing.SignIn, new { key = made["key"] + "!" });

        for (var i = 0; i < 5; i++)
        {
            var invite = await host.Sending("Idempotency-Key", $"{idempotencyKey}-{i}").Invite();
            var code = invite["code"]!;
            await couch.Anyone.Get($"/couch/invites/preview?code={code}");
            (await couch.Anyone.Post("/couch/invites/preview", new { code })).Is(200);
            await couch.Anyone.Post("/couch/invites/preview", new { code = Visits.Forged(code) });
            await couch.Anyone.Get($"/join?code={code}");
            var stay = (await couch.Anyone.Sending("Idempotency-Key", $"{idempotencyKey}-{i}").Redeem(invite)).Is(201);
            var token = stay["authToken"]!;
            secrets.AddRange([code, token]);

            await couch.Anyone.Redeem(invite);
            await couch.Anyone.Get($"/couch/status?token={token}");
            await couch.Anyone.Get($"/couch/status?%74oken={token}&wait=1");
            await couch.Anyone.Get($"/couch/status?a=b&TOKEN={token}&token={Visits.Forged(token)}");
            await couch.With(token).Get("/couch/status");
            await couch.With(token).Get("/couch/guests");
            await couch.Anyone.Get($"/couch/nowhere?token={token}&code={code}");
            await couch.Anyone.Post("/couch/redeem", $$"""{"code":"{{code}}","name":5}""");
            await couch.Anyone.Post("/couch/redeem", $$"""{"code":"{{code}}" """);
            await couch.Anyone.Post("/couch/checkout", new { token = Visits.Forged(token) });
            await couch.Anyone.Tool("preview_invite", new { code });
            await couch.Anyone.Tool("redeem_invite", new { code, name = "again", idempotencyKey = $"{idempotencyKey}-{i}" });
            await couch.With(token).Tool("my_stay", new { wait = 0.1 });
            await couch.With(Visits.Forged(token)).Tool("check_out", new { });
            await host.Tool("create_invite", new { createdBy = "noah", idempotencyKey = $"{idempotencyKey}-tool-{i}" });
            await host.Tool("list_invites", new { });
            await host.Get($"/couch/guests/{stay["guestId"]}");
            await host.Get("/couch/invites");
            await couch.With(made["key"]!).Get("/couch/guests");
            await couch.With(made["key"]!).Get("/couch/keys");
            await couch.With(Visits.Forged(made["key"]!)).Get("/couch/guests");
            foreach (var misplaced in new[] { code, token, made["key"]!, HostKey, session, ticket })
            {
                await Misplace(couch, misplaced);
                await MisplaceInQueries(host, misplaced);
            }

            await couch.Anyone.Post("/couch/checkout", new { token });
            await couch.Anyone.Get($"/couch/status?token={token}");
        }

        var metrics = (await host.Get("/metrics")).Is(200).Body;
        Assert.True(couch.App.Services.GetRequiredService<TracerProvider>().ForceFlush());
        // Its answer is no: Prometheus only takes what it asks for itself. The collector is given everything all the same.
        couch.App.Services.GetRequiredService<MeterProvider>().ForceFlush();
        await couch.App.StopAsync();
        Assert.Contains(collector.Received("/v1/traces"), sent => sent.Contains("/couch/status", StringComparison.Ordinal));
        Assert.Contains(collector.Received("/v1/traces"), sent => sent.Contains("/mcp", StringComparison.Ordinal));
        Assert.Contains(collector.Received("/v1/metrics"), sent => sent.Contains("couch.invite.redeemed", StringComparison.Ordinal));
        Assert.Contains("couch_invite_redeemed_total", metrics, StringComparison.Ordinal);
        // A snapshot: what is heard may grow for a moment yet.
        var told = eavesdropper.Heard.Concat(collector.Received("/v1/traces")).Concat(collector.Received("/v1/metrics")).Append(metrics)
            .ToList();
        Assert.Contains(eavesdropper.Heard, line => line.Contains("/couch/status", StringComparison.Ordinal));
        Assert.Contains(eavesdropper.Heard, line => line.StartsWith("trace ", StringComparison.Ordinal));
        foreach (var secret in secrets)
            Assert.DoesNotContain(told, line => line.Contains(secret, StringComparison.Ordinal));
        Assert.DoesNotContain(
            told, line => System.Text.RegularExpressions.Regex.IsMatch(line, "(inv|guest)_[A-Za-z0-9_-]{20}|couch_[A-Za-z0-9_-]{64}"));
    }

    /// <summary>A secret in the queries of one whom endpoints listen to: they read what was sent.</summary>
    private static async Task MisplaceInQueries(Caller host, string secret)
    {
        var escaped = Uri.EscapeDataString(secret);
        foreach (var query in new[] { $"guests?label={escaped}&limit=10", $"guests?name={escaped}", $"invites?createdBy={escaped}" })
            (await host.Get($"/couch/{query}")).Is(200);
        foreach (var query in new[] { $"events?agent={escaped}&subject={escaped}", $"events?type={escaped}", $"events?since={escaped}",
            $"invites?cursor={escaped}", $"guests?status={escaped}&limit={escaped}", $"status?wait={escaped}" })
            await host.Get($"/couch/{query}");
    }

    /// <summary>
    /// A secret everywhere but where the protocol looks for it: in a path, a method, other parameters, headers, and what no server could
    /// read.
    /// </summary>
    private static async Task Misplace(CouchHost couch, string secret)
    {
        var redeem = Post("""{"code":"inv_x","name":"a"}""");
        string[] paths =
        [
            $"/couch/guests/{secret}", $"/couch/invites/{secret}/", $"/{secret}", $"/couch/status/{secret}?x=1",
            $"/couch/status?x={secret}&wait=soon", $"/couch/guests?status={secret}",
            $"/couch/guests?{secret}=1", $"/couch/nowhere?x={secret.Replace("_", "%5F", StringComparison.Ordinal)}",
            $"/couch/{secret.Replace("_", "%255f", StringComparison.Ordinal)}",
            $"/health?x={string.Concat(secret.Select(letter => $"%{(int)letter:X2}"))}", $"/couch/guests?cursor={secret}",
        ];
        string[] headers =
        [
            $"Referer: https://couch.example/join?code={secret}", $"User-Agent: {secret}", $"X-Custom: a {secret} b",
            $"X-Forwarded-For: {secret}", $"Accept: {secret}", $"tracestate: couch={secret}",
            $"baggage: token={secret}", $"Cookie: token={secret}",
            $"traceparent: 00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-{secret}", $"If-None-Match: \"{secret}\"",
            $"Idempotency-Key: {secret}", $"Authorization: Basic {secret}", $"Proxy-Authorization: {secret}", $"Content-Encoding: {secret}",
            $"{secret}: 1", $"Content-Type: application/{secret}",
        ];
        string[] broken =
        [
            $"GET /couch/{secret} HTTP/9.9\r\n\r\n", $"GET {secret}\r\n\r\n", $"{secret}\r\n\r\n", $"GET / HTTP/1.1\r\n{secret}\r\n\r\n",
            $"GET / HTTP/1.1\r\nHost: a b {secret}\r\n\r\n",
            $"GET http://{secret}/ HTTP/1.1\r\nHost: other\r\nConnection: close\r\n\r\n",
            $"POST /couch/redeem HTTP/1.1\r\nHost: localhost\r\nContent-Length: {secret}\r\n\r\n",
            $"GET /%zz{secret} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n",
            $"GET / HTTP/1.1\r\nHost: {secret}\r\nConnection: close\r\n\r\n",
        ];
        string[] requests =
        [
            .. paths.Select(path => Request($"GET {path}")), .. headers.Select(header => Request("GET /couch/status", header)),
            .. headers.Select(header => Request("POST /couch/redeem", header, redeem)),
            Request($"{secret} /couch/guests"), Request("POST /couch/redeem", $"Content-Type: application/{secret}", redeem),
            Request("POST /couch/redeem", Json, Post($$"""{"{{secret}}":1,"{{secret}}":2}""")),
            Request("POST /couch/checkout", Json, Post($$"""{"token":{"{{secret}}":1},"x":"{{secret}}"}""")), .. broken,
            .. Rpc.Misplaced(secret).Select(message => Request("POST /mcp", Json, Rpc.Accept, Post(message))),
            Request("POST /mcp", Json, Rpc.Accept, $"Mcp-Method: {secret}", $"MCP-Protocol-Version: {secret}", Post(Rpc.List)),
            Request("POST /mcp", Json, Rpc.Accept, $"Mcp-Session-Id: {secret}", $"Origin: {secret}", Post(Rpc.List)),
        ];
        foreach (var request in requests)
            await Send(couch.Address, request);

        static string Request(params string[] lines) =>
            $"{lines[0]} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
            + string.Join("\r\n", lines[1..].Where(line => !line.StartsWith("Content-Length", StringComparison.Ordinal)))
            + (lines.Length > 1 ? "\r\n" : "")
            + (lines[^1].StartsWith("Content-Length", StringComparison.Ordinal) ? lines[^1] : "\r\n");
        static string Post(string body) => $"Content-Length: {body.Length}\r\n\r\n{body}";
    }

    /// <summary>Sends it as it is, by a client that traces nothing itself, and reads until the couch closes.</summary>
    private static async Task Send(Uri address, string request)
    {
        using var connection = new TcpClient();
        await connection.ConnectAsync(address.Host, address.Port);
        var stream = connection.GetStream();
        await stream.WriteAsync(Encoding.Latin1.GetBytes(request));
        connection.Client.Shutdown(SocketShutdown.Send);
        try
        {
            await stream.CopyToAsync(Stream.Null);
        }
        catch (IOException)
        {
            // A reset: it has not read what it refused.
        }
    }
}
