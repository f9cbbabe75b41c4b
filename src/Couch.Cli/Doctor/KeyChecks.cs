using System.Runtime.CompilerServices;
using Couch.Cli.CommandLine;
using Couch.Client;

namespace Couch.Cli.Doctor;

/// <summary>The key: whether it is valid, and what it may do. Each scope is tried by a call that changes nothing.</summary>
internal sealed class KeyChecks(Invocation call, IReadOnlyList<string> wanted)
{
    /// <summary>The scopes that this command knows; which a key has, is tried for all but <c>vms</c>.</summary>
    public static IReadOnlyList<string> Known { get; } =
    [
        KeyScope.Invites, KeyScope.Guests, KeyScope.Events, KeyScope.Keys, KeyScope.Webhooks, KeyScope.Meter, KeyScope.Vms,
    ];

    /// <summary>No guest has it: whoever may report usage is told that there is none.</summary>
    private static readonly string NobodysId = new('0', 26);

    private readonly HashSet<string> has = [];

    public bool May(string scope) => has.Contains(scope);

    public async IAsyncEnumerable<Finding> Look([EnumeratorCancellation] CancellationToken cancel)
    {
        var lacks = new List<string>();
        foreach (var (scope, attempt) in Attempts(cancel))
        {
            var (may, fault) = await Try(attempt);
            if (fault is not null)
            {
                yield return fault;
                yield break;
            }

            if (may is true)
                has.Add(scope);
            else if (may is false)
                lacks.Add(scope);
        }

        var whose = call.Target.KeyFrom is { } from
            ? $"the key ({from})"
            : "without a key, as a caller on the couch's own machine, this command";
        if (wanted.Where(lacks.Contains).ToList() is [_, ..] missing)
        {
            yield return Finding.Fault(
                "key", $"{whose} lacks the scope{(missing.Count == 1 ? "" : "s")} {string.Join(", ", missing)}"
                    + (has.Count == 0 ? "" : $"; it has {string.Join(", ", has.Order())}"),
                $"make one that has them: couch key create --name NAME --scope {string.Join(",", wanted)}; "
                    + "or say what it should have by --scopes");
        }
        else
        {
            yield return Finding.Ok(
                "key", $"{whose} has {string.Join(", ", has.Order())}" + (lacks.Count == 0 ? "" : $", and not {string.Join(", ", lacks)}"));
        }

        if (wanted.Where(scope => !has.Contains(scope) && !lacks.Contains(scope)).ToList() is [_, ..] open)
            yield return Finding.Note("key", $"whether it has {string.Join(", ", open)} cannot be tried at this couch");
    }

    private IEnumerable<(string Scope, Func<Task> Attempt)> Attempts(CancellationToken cancel)
    {
        yield return (KeyScope.Invites, () => First(call.Couch.Invites.Pages(new() { PageSize = 1 }, cancel)));
        yield return (KeyScope.Guests, () => First(call.Couch.Guests.Pages(new() { PageSize = 1 }, cancel)));
        yield return (KeyScope.Events, () => First(call.Couch.Events.Pages(new() { PageSize = 1 }, cancel)));
        yield return (KeyScope.Keys, () => First(call.Couch.Keys.Pages(1, cancel)));
        yield return (KeyScope.Webhooks, () => First(call.Couch.Webhooks.Pages(1, cancel)));
        yield return (KeyScope.Meter, () => call.Couch.Guests.ReportUsage(NobodysId, new() { CpuSeconds = 0 }, cancel));
    }

    /// <returns>Whether it may, null where the couch is older and has no such call; or the fault that makes all others useless.</returns>
    private async Task<(bool? May, Finding? Fault)> Try(Func<Task> attempt)
    {
        try
        {
            await attempt();
            return (true, null);
        }
        catch (CouchNotFoundException nobody) when (nobody.Problem?.Error is not null)
        {
            return (true, null);
        }
        catch (CouchException unknown) when (Older.DoesNotKnow(unknown))
        {
            return (null, null);
        }
        catch (CouchForbiddenException)
        {
            return (false, null);
        }
        catch (CouchUnauthorizedException refused)
        {
            return (false, call.Target.KeyFrom is { } from
                ? Finding.Fault("key", $"the couch does not accept the key ({from}): {refused.Message}",
                    "it is mistyped, revoked or expired, or of another couch: ask the operator for a new one")
                : Finding.Fault("key", $"the couch asks for a host key: {refused.Message}",
                    Advice.Next(refused, call.Target) ?? "give it by COUCH_AUTH_TOKEN or --key-file"));
        }
        catch (CouchUnavailableException unavailable)
        {
            return (false, Finding.Fault("requests", $"the couch cannot answer right now: {unavailable.Message}",
                unavailable.Detail ?? "ask again; the couch's log says more"));
        }
        catch (CouchException failed)
        {
            return (false, Finding.Fault("requests", $"the couch fails: {failed.Message}", "see the couch's log"));
        }
    }

    private static async Task First<T>(IAsyncEnumerable<T> pages)
    {
        await foreach (var _ in pages)
            return;
    }
}
