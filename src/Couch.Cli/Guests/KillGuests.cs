using Couch.Cli.CommandLine;
using Couch.Client;

namespace Couch.Cli.Guests;

/// <summary>The kill switch, for one guest or for many.</summary>
internal static class KillGuests
{
    public static Verb Verb()
    {
        var ids = CommonOptions.Ids("guest");
        return new Verb(
            "kill", "End guests now. Their VMs are destroyed.",
            "couch guest kill 01JD9Z", "couch guest kill --all --label reviewers --dry-run",
            "couch guest kill --all --created-by noah --yes")
        {
            ids, CommonOptions.All, CommonOptions.CreatedBy, CommonOptions.Label, CommonOptions.DryRun, CommonOptions.Yes,
        }.Does(async (call, cancel) =>
        {
            var given = await Ids.Resolve(call.Get(ids) ?? [], "guest", () => GuestCommands.AllIds(call), cancel);
            var selection = Bulk<KilledGuests>.Chosen(call, given);
            return given is [var id] && !call.Get(CommonOptions.DryRun) && !selection.IsFiltered()
                ? await One(call, id, cancel)
                : await Many(call).Run(call, selection, cancel);
        });
    }

    private static async Task<int> One(Invocation call, string id, CancellationToken cancel)
    {
        // Who says --yes is not made to wait for a name. What cannot be read can be killed.
        if (!call.Get(CommonOptions.Yes))
            call.Confirm(call.Surroundings.CanAsk ? $"kill {await Named(call, id, cancel)}?" : "");
        try
        {
            call.Printer.One(await call.Couch.Guests.Kill(id, cancel: cancel), GuestViews.Killed);
        }
        catch (CouchValidationException refused)
        {
            // Nothing else of such a call can be wrong.
            throw new StopException(ExitCode.Conflict, refused.Message, "see why: couch guest show " + id);
        }

        return ExitCode.Ok;
    }

    private static async Task<string> Named(Invocation call, string id, CancellationToken cancel)
    {
        try
        {
            var guest = await call.Couch.Guests.Get(id, cancel);
            return $"guest {id} '{guest.Name}', which is {guest.Status}";
        }
        catch (CouchUnavailableException)
        {
            return $"guest {id}, of which nothing can be said right now";
        }
    }

    private static Bulk<KilledGuests> Many(Invocation call) => new(
        "kill", "guests", call.Couch.Guests.Kill, call.Couch.Guests.KillStepwise,
        result => new(result.Killed, result.AlreadyEnded, result.Failed), GuestViews.ManyKilled);
}
