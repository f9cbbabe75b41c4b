using System.Runtime.CompilerServices;
using Couch.Cli.CommandLine;
using Couch.Cli.Output;
using Couch.Cli.Settings;
using Couch.Client;

namespace Couch.Cli.Doctor;

/// <summary>The way to the couch: whether one is reached, its clock, and whether it is ready.</summary>
internal sealed class ReachChecks(Invocation call)
{
    private static readonly TimeSpan LongestAnswer = TimeSpan.FromSeconds(15);

    /// <summary>The head of an answer says whole seconds, and it travels.</summary>
    private static readonly TimeSpan MostApart = TimeSpan.FromSeconds(3);

    /// <summary>What this command asks for: a couch that lacks one of them is older.</summary>
    private static readonly string[] Needed =
    [
        "/couch/invites", "/couch/invites/revoke", "/couch/guests", "/couch/guests/kill", "/couch/guests/{id}/events", "/couch/events",
        "/couch/events/stream", "/couch/keys", "/couch/webhooks", "/couch/summary", "/couch/redeem", "/couch/status", "/couch/checkout",
    ];

    /// <summary>Whether there is a couch that can be asked more.</summary>
    public bool IsOpen { get; private set; }

    public async IAsyncEnumerable<Finding> Look([EnumeratorCancellation] CancellationToken cancel)
    {
        var reached = await Reach(cancel);
        yield return reached;
        if (reached.State is Finding.Wrong)
            yield break;

        IsOpen = true;
        var url = call.Target.Url;
        if (url.Scheme == Uri.UriSchemeHttp && !url.IsLoopback)
            yield return Finding.Note("address", $"{url} is not encrypted: who sits in between reads the key, codes and tokens");
        yield return Clock();
        await foreach (var finding in Ready(cancel))
            yield return finding;
        yield return await Version(cancel);
    }

    private async Task<Finding> Reach(CancellationToken cancel)
    {
        var (url, from) = (call.Target.Url, call.Target.UrlFrom);
        using var timeout = new CancellationTokenSource(LongestAnswer, call.Surroundings.Clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancel, timeout.Token);
        try
        {
            var health = await call.Couch.Health(either.Token);
            return health.Status is "ok"
                ? Finding.Ok("reach", $"{url} ({from}) answers; it is up for {Words.Span(TimeSpan.FromSeconds(health.Uptime))}")
                : Finding.Fault("reach", $"{url} answers that its health is '{health.Status}'", "see the couch's log");
        }
        catch (CouchUnavailableException lost)
        {
            return Lost(lost);
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            return Finding.Fault(
                "reach", $"{url} takes connections and does not answer", "see whether the couch hangs, or something else listens there");
        }
        catch (CouchException odd)
        {
            return (int?)odd.StatusCode is >= 300 and < 400
                ? Finding.Fault("reach", $"{url} answers with a redirect ({(int)odd.StatusCode!})",
                    "use the address that it leads to, often the same with https://: a key is not sent after a redirect")
                : Finding.Fault("reach", $"what answers at {url} is no couch: {odd.Message}",
                    $"correct the address ({from}); a proxy must pass on the path /health too");
        }
    }

    private Finding Lost(CouchUnavailableException lost)
    {
        var (url, from) = (call.Target.Url, call.Target.UrlFrom);
        if (lost.StatusCode is { } status)
            return Finding.Fault(
                "reach", $"a proxy answers {(int)status} for {url}", "start the couch behind it, or correct where the proxy leads");

        var cause = Advice.Cause(lost);
        return lost.InnerException switch
        {
            HttpRequestException { HttpRequestError: HttpRequestError.NameResolutionError } => Finding.Fault(
                "reach", $"the name {url.IdnHost} is not known", $"correct the address ({from}), or the name's entry in DNS"),
            HttpRequestException { HttpRequestError: HttpRequestError.ConnectionError } => Finding.Fault(
                "reach", $"no connection to {url.IdnHost} port {url.Port}: {cause}",
                $"start the couch, or correct the address ({from}); a firewall may be in between"),
            HttpRequestException { HttpRequestError: HttpRequestError.SecureConnectionError } => Finding.Fault(
                "reach", $"no secure connection to {url}: {cause}",
                "if the couch has no certificate, the address begins with http://; otherwise make this machine trust who signed it"),
            OperationCanceledException => Finding.Fault(
                "reach", $"no connection to {url.IdnHost} port {url.Port} within {Words.Span(Connection.LongestConnect)}",
                $"a firewall drops it, or the address is wrong ({from})"),
            _ => Finding.Fault(
                "reach", $"what listens at {url} does not speak HTTP: {cause}",
                $"correct the address ({from}); perhaps it begins with https://"),
        };
    }

    private Finding Clock()
    {
        if (call.Connection.ClockApart is not { } apart)
            return Finding.Note("clock", "the couch does not say what time it is");
        if (apart.Duration() <= MostApart)
            return Finding.Ok("clock", "the couch's clock and this machine's agree");
        return Finding.Fault(
            "clock",
            $"the couch's clock is {Words.Span(apart.Duration())} {(apart > TimeSpan.Zero ? "ahead of" : "behind")} this machine's",
            "set both by a time service (NTP): times shown here, and stays, are wrong by that much");
    }

    private async IAsyncEnumerable<Finding> Ready([EnumeratorCancellation] CancellationToken cancel)
    {
        var (readiness, why) = await AskReady(cancel);
        if (why is not null)
        {
            yield return why;
            yield break;
        }

        yield return Finding.Ok("ready", $"the node is ready (silo: {readiness!.Silo})");
        yield return readiness.Database is null or "ok"
            ? Finding.Ok("database", "the database answers")
            : Finding.Fault("database", $"the database does not answer: {readiness.Database}",
                "start the database, or correct the couch's ConnectionStrings__Couch; until then only some requests are answered");
        if (readiness.Clock is { } clock)
            yield return Finding.Fault("clock", clock, "set the clocks of the node and its database by a time service (NTP)");
        if (readiness.Settings is { } settings)
            yield return Finding.Fault(
                "settings", settings, "correct the value in the couch's settings folder; until then the old one is used");
        if (readiness.Isolation is { } isolation)
            yield return Finding.Note("isolation", isolation);
    }

    private async Task<(Readiness? Readiness, Finding? Why)> AskReady(CancellationToken cancel)
    {
        try
        {
            return (await call.Couch.Ready(cancel), null);
        }
        catch (CouchUnavailableException unready)
        {
            // Without a database no node becomes ready: the cause is named, and not only its effect.
            return (null, unready.Database is { } database && database != "ok"
                ? Finding.Fault("database", $"the node is not ready, and its database does not answer: {database}",
                    "start the database, or correct the couch's ConnectionStrings__Couch")
                : Finding.Fault("ready", $"the node is not ready: {unready.Detail ?? unready.Message}",
                    "wait a minute if it has just started; otherwise its log says what it waits for"));
        }
        catch (CouchException odd)
        {
            return (null, Finding.Fault("ready", $"/health/ready was not answered: {odd.Message}", "a proxy must pass on this path too"));
        }
    }

    private async Task<Finding> Version(CancellationToken cancel)
    {
        var own = typeof(ReachChecks).Assembly.GetName().Version?.ToString(3);
        var paths = await call.Connection.Paths(cancel);
        if (paths is null)
            return Finding.Note("version", $"this command is {own}; the couch does not describe itself at /openapi/v1.json");
        var missing = Needed.Where(path => !paths.Contains(path)).ToList();
        return missing.Count == 0
            ? Finding.Ok("version", $"this command is {own}, and the couch has all that it asks for")
            : Finding.Fault("version", $"the couch is older than this command ({own}): it lacks {string.Join(", ", missing)}",
                "upgrade the couch, or use the command of its version");
    }
}
