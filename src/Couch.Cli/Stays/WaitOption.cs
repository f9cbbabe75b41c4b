using System.CommandLine;
using Couch.Cli.CommandLine;
using Couch.Cli.Output;
using Couch.Client;

namespace Couch.Cli.Stays;

/// <summary>Waiting until a guest runs, as the guest itself sees it.</summary>
internal static class WaitOption
{
    private static readonly TimeSpan UsualBound = TimeSpan.FromMinutes(5);

    /// <summary>No stay is longer.</summary>
    private static readonly TimeSpan LongestBound = TimeSpan.FromDays(30);

    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(0.5);

    /// <summary><c>--wait</c> alone, or with how long.</summary>
    public static Option<TimeSpan?> Option(string description)
    {
        var wait = CommonOptions.Span("--wait", description);
        wait.Arity = ArgumentArity.ZeroOrOne;
        return wait;
    }

    /// <summary>How long to wait, also where it was not said.</summary>
    /// <exception cref="StopException">It is longer than any stay.</exception>
    public static TimeSpan Bound(Invocation call, Option<TimeSpan?> wait) => (call.Get(wait) ?? UsualBound) is var bound
        && bound <= LongestBound
            ? bound
            : throw new StopException(ExitCode.Usage, $"--wait is at most {Words.Span(LongestBound)}: no stay is longer");

    /// <summary>Waits while the guest is provisioning, also where the couch is away meanwhile.</summary>
    /// <param name="seen">Called with each change.</param>
    /// <exception cref="StopException">It did not run in time, or its stay has ended.</exception>
    /// <exception cref="CouchUnavailableException">The time is up, and the couch is away.</exception>
    public static async Task<Stay> UntilItRuns(
        Invocation call, Secret token, TimeSpan bound, Action<Stay> seen, CancellationToken cancel)
    {
        using var timeout = new CancellationTokenSource(bound, call.Surroundings.Clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancel, timeout.Token);
        var patience = new Patience(call, bound);
        CouchUnavailableException? away = null;
        (string Status, string? Endpoint)? last = null;
        try
        {
            for (; ; await Task.Delay(Pause, call.Surroundings.Clock, either.Token))
            {
                try
                {
                    await foreach (var stay in call.Couch.Stay(token).Watch(either.Token))
                    {
                        away = null;
                        if (last != (stay.Status, stay.AgentEndpoint))
                            seen(stay);
                        last = (stay.Status, stay.AgentEndpoint);
                        if (stay.Status is not GuestStatus.Provisioning)
                            return stay;
                    }
                }
                catch (CouchUnavailableException lost)
                {
                    away = lost;
                    patience.SayAway();
                }
            }
        }
        catch (CouchNotFoundException ended) when (ended.EndReason is { } reason)
        {
            throw new StopException(ExitCode.Failure, $"the guest will not run: its stay has ended ({reason})", ended.Detail);
        }
        catch (OperationCanceledException) when (timeout.IsCancellationRequested && !cancel.IsCancellationRequested)
        {
            if (away is not null)
                throw away;
            throw new StopException(
                ExitCode.Failure, $"the guest is still provisioning after {Words.Span(bound)}",
                "wait on by: couch stay --wait. Without a VM provider a host activates it: couch guest activate");
        }
    }
}
