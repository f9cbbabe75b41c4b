using System.Collections.Concurrent;
using System.Diagnostics;
using Couch.Tests.Support;
using Microsoft.Extensions.Logging;
using Xunit;

namespace Couch.Tests.Gateway;

public sealed class DiscretionTests
{
    private const string HostKey = "the-hosts-own-secret-key";

    [Fact]
    public async Task No_secret_is_ever_logged_or_traced_not_even_at_the_lowest_level()
    {
        var said = new ConcurrentQueue<string>();
        using var listener = new ActivityListener
        {
            ShouldListenTo = _ => true,
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = activity => said.Enqueue($"{activity.DisplayName} {string.Join(' ', activity.TagObjects)}"),
        };
        ActivitySource.AddActivityListener(listener);
        using var log = new Listening(said);
        await using var couch = await CouchHost.Start(
            builder => builder.Logging.ClearProviders().AddProvider(log),
            $"--COUCH_AUTH_TOKEN={HostKey}", "--Logging:LogLevel:Default=Trace", "--Logging:LogLevel:Couch=Trace");
        var host = couch.With(HostKey);

        var invite = await host.Sending("Idempotency-Key", "a-key-as-good-as-a-password").Invite();
        await couch.Anyone.Get($"/couch/invites/preview?code={invite["code"]}");
        var guest = await host.Redeem(invite);
        var (code, token) = (invite["code"]!, guest["authToken"]!);
        await couch.Anyone.Get($"/couch/status?token={token}");
        await couch.Anyone.Get($"/couch/status?a=b&ToKeN={token}&c");
        await couch.Anyone.Get($"/couch/status?%74oken={token}");
        await couch.Anyone.Get($"/nowhere?token={token}&code={code}");
        await couch.With(token).Get("/couch/status");
        await couch.With(token).Get("/couch/guests");
        await couch.Anyone.Post("/couch/checkout", $"{{\"token\":{token}}}");
        await couch.Anyone.Post("/couch/redeem", $"{{\"code\":\"{code}\",\"name\":5}}");
        await couch.Anyone.Post("/couch/checkout", new { token });

        Assert.True(said.Count > 100, $"only {said.Count} lines were heard");
        foreach (var secret in new[] { code, token, HostKey, "a-key-as-good-as-a-password" })
            Assert.DoesNotContain(said, line => line.Contains(secret[8..], StringComparison.Ordinal));
    }

    private sealed class Listening(ConcurrentQueue<string> said) : ILoggerProvider, ILogger
    {
        public ILogger CreateLogger(string categoryName) => this;
        public IDisposable? BeginScope<TState>(TState state) where TState : notnull
        {
            said.Enqueue($"{state}");
            return null;
        }

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            said.Enqueue($"{formatter(state, exception)} {exception}");

        public void Dispose() { }
    }
}
