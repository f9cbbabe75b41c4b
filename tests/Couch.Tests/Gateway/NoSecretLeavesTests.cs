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
        using var eavesdropper = new Eavesdropper();
        await using var collector = await Collector.Start();
        var signingKey = Some.Key();
        await using var couch = await CouchHost.Start(
            builder => builder.Logging.SetMinimumLevel(LogLevel.Trace).AddProvider(eavesdropper),
            [
                $"--COUCH_AUTH_TOKEN={HostKey}", $"--COUCH_SIGNING_KEY={signingKey}",
                "--Logging:LogLevel:Default=Trace", "--Logging:LogLevel:Couch=Trace", "--Logging:LogLevel:Microsoft=Trace", "--Logging:LogLevel:Orleans=Trace",
                "--Logging:LogLevel:Npgsql=Trace", "--Logging:LogLevel:Microsoft.AspNetCore.Hosting.Diagnostics=Trace", .. collector.Settings.AsArguments(), .. settings,
            ]);
        const string idempotencyKey = "an-idempotency-key-as-good-as-a-password";
        var secrets = new List<string> { HostKey, signingKey, Password, idempotencyKey };
        var host = couch.With(HostKey);
        var made = (await host.Post("/couch/keys", new { name = "busy", scopes = new[] { "invites", "guests" } })).Is(201);
        secrets.Add(made["key"]!);

        for (var i = 0; i < 5; i++)
        {
            var invite = await host.Sending("Idempotency-Key", $"{idempotencyKey}-{i}").Invite();
            var code = invite["code"]!;
            await couch.Anyone.Get($"/couch/invites/preview?code={code}");
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
            await host.Get($"/couch/guests/{stay["guestId"]}");
            await host.Get("/couch/invites");
            await couch.With(made["key"]!).Get("/couch/guests");
            await couch.With(made["key"]!).Get("/couch/keys");
            await couch.With(Visits.Forged(made["key"]!)).Get("/couch/guests");
            await couch.Anyone.Post("/couch/checkout", new { token });
            await couch.Anyone.Get($"/couch/status?token={token}");
        }

        var metrics = (await host.Get("/metrics")).Is(200).Body;
        Assert.True(couch.App.Services.GetRequiredService<TracerProvider>().ForceFlush());
        // Its answer is no: Prometheus only takes what it asks for itself. The collector is given everything all the same.
        couch.App.Services.GetRequiredService<MeterProvider>().ForceFlush();
        await couch.App.StopAsync();
        Assert.Contains(collector.Received("/v1/traces"), sent => sent.Contains("/couch/status", StringComparison.Ordinal));
        Assert.Contains(collector.Received("/v1/metrics"), sent => sent.Contains("couch.invite.redeemed", StringComparison.Ordinal));
        Assert.Contains("couch_invite_redeemed_total", metrics, StringComparison.Ordinal);
        // A snapshot: what is heard may grow for a moment yet.
        var told = eavesdropper.Heard.Concat(collector.Received("/v1/traces")).Concat(collector.Received("/v1/metrics")).Append(metrics).ToList();
        Assert.Contains(eavesdropper.Heard, line => line.Contains("/couch/status", StringComparison.Ordinal));
        Assert.Contains(eavesdropper.Heard, line => line.StartsWith("trace ", StringComparison.Ordinal));
        foreach (var secret in secrets)
            Assert.DoesNotContain(told, line => line.Contains(secret, StringComparison.Ordinal));
        Assert.DoesNotContain(told, line => System.Text.RegularExpressions.Regex.IsMatch(line, "(inv|guest)_[A-Za-z0-9_-]{20}|couch_[A-Za-z0-9_-]{64}"));
    }
}
