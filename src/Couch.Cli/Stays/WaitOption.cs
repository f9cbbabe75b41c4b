using System.CommandLine;
using Couch.Cli.CommandLine;
using Couch.Cli.Output;
using Couch.Client;

namespace Couch.Cli.Stays;

/// <summary>Waiting until a guest runs, as the guest itself sees it.</summary>
internal static class WaitOption
{
    private static readonly TimeSpan UsualBound = TimeSpan.FromMinutes(5);

    /// <summary><c>--wait</c> alone, or with how long.</summary>
    public static Option<TimeSpan?> Option(string description)
    {
        var wait = CommonOptions.Span("--wait", description);
        wait.Arity = ArgumentArity.ZeroOrOne;
        return wait;
    }

    /// <summary>How long to wait where it was not said.</summary>
    public static TimeSpan Bound(Invocation call, Option<TimeSpan?> wait) => call.Get(wait) ?? UsualBound;

    /// <summary>Waits while the guest is provisioning.</summary>
    /// <param name="seen">Called with each change.</param>
    /// <exception cref="StopException">It did not run in time, or its stay has ended.</exception>
    public static async Task<Stay> UntilItRuns(
        Invocation call, Secret token, TimeSpan bound, Action<Stay> seen, CancellationToken cancel)
    {
        using var timeout = new CancellationTokenSource(bound, call.Surroundings.Clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancel, timeout.Token);
        try
        {
            await foreach (var stay in call.Couch.Stay(token).Watch(either.Token))
            {
                seen(stay);
                if (stay.Status is not GuestStatus.Provisioning)
                    return stay;
            }

            throw new StopException(ExitCode.Failure, "the couch has stopped answering");
        }
        catch (CouchNotFoundException ended) when (ended.EndReason is { } reason)
        {
            throw new StopException(ExitCode.Failure, $"the guest will not run: its stay has ended ({reason})", ended.Detail);
        }
        catch (OperationCanceledException) when (timeout.IsCancellationRequested && !cancel.IsCancellationRequested)
        {
            throw new StopException(
                ExitCode.Failure, $"the guest is still provisioning after {Words.Span(bound)}",
                "wait on by: couch stay --wait. Without a VM provider a host activates it: couch guest activate");
        }
    }
}
