using System.CommandLine;
using Couch.Cli.CommandLine;
using Couch.Client;

namespace Couch.Cli.Doctor;

/// <summary>Looks at a couch from outside, and names each fault with its mend.</summary>
internal static class DoctorCommand
{
    private static readonly TimeSpan UsualBound = TimeSpan.FromMinutes(3);

    public static Verb Verb()
    {
        var deep = new Option<bool>("--deep")
        {
            Description = "Also try it: create an invite, redeem it, wait until the guest runs, and kill it.",
        };
        var wait = CommonOptions.Span("--timeout", "With --deep: how long a VM may take to run, and to be destroyed; otherwise 3m.");
        var scopes = new Option<string[]>("--scopes")
        {
            Description = "The scopes that the key should have; otherwise invites, guests and events.",
            HelpName = "scope",
            CustomParser = argument => [.. argument.Tokens.SelectMany(token => token.Value.Split(',', StringSplitOptions.TrimEntries))],
        };
        return new Verb(
            "doctor", "Find out what is wrong with a couch, or with the way to it. It ends with 0 only if all is well.",
            "couch doctor", "couch doctor --deep", "couch doctor --scopes meter --key-file meter-key.txt")
        {
            deep, wait, scopes,
        }.Does(async (call, cancel) =>
        {
            var wanted = call.Get(scopes) is { Length: > 0 } given ? given : [KeyScope.Invites, KeyScope.Guests, KeyScope.Events];
            if (wanted.Except(KeyChecks.Known).ToList() is [var odd, ..])
                throw new StopException(
                    ExitCode.Usage, $"'{odd}' is no scope of a key", $"the scopes are {string.Join(", ", KeyChecks.Known)}");
            var faults = 0;
            await foreach (var finding in Examine(
                call, wanted, call.Get(deep), call.Get(wait) ?? UsualBound, cancel))
            {
                call.Printer.Next(finding, Finding.View, one => one.Line(call.Surroundings));
                faults += finding.State is Finding.Wrong ? 1 : 0;
            }

            call.Notes.Say(faults switch { 0 => "all is well", 1 => "1 fault", _ => $"{faults} faults" });
            return faults == 0 ? ExitCode.Ok : ExitCode.Failure;
        });
    }

    /// <summary>From the outside in: each look needs what those before it have found well.</summary>
    private static async IAsyncEnumerable<Finding> Examine(
        Invocation call, IReadOnlyList<string> scopes, bool deep, TimeSpan bound,
        [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancel)
    {
        var way = new ReachChecks(call);
        await foreach (var finding in way.Look(cancel))
            yield return finding;
        if (!way.IsOpen)
            yield break;

        var access = new KeyChecks(call, scopes);
        await foreach (var finding in access.Look(cancel))
            yield return finding;

        if (access.May(KeyScope.Guests))
        {
            await foreach (var finding in new GuestChecks(call).Look(cancel))
                yield return finding;
        }

        if (access.May(KeyScope.Webhooks))
        {
            await foreach (var finding in GuestChecks.Webhooks(call, cancel))
                yield return finding;
        }

        if (!deep)
            yield break;
        if (!access.May(KeyScope.Invites) || !access.May(KeyScope.Guests))
        {
            yield return Finding.Fault(
                "trial", "a trial needs a key with the scopes invites and guests", "ask with such a key, or without --deep");
            yield break;
        }

        await foreach (var finding in new TrialRun(call, bound).Look(cancel))
            yield return finding;
    }
}
