using System.CommandLine;
using Couch.Cli.CommandLine;
using Couch.Cli.Events;
using Couch.Client;

namespace Couch.Cli.Guests;

/// <summary>A host's guests.</summary>
internal static class GuestCommands
{
    public static Verb Group() => new(
        "guest", "Watch guests, give them time, and end them.",
        "couch guest list --watch", "couch guest show ID", "couch guest kill ID")
    {
        ListGuests.Verb(),
        Show(),
        Extend(),
        KillGuests.Verb(),
        Activate(),
        UsageCommand.Verb(),
        ExportUsage.Verb(),
        History(),
        WaitForGuest.Verb(),
    };

    /// <summary>All ids, newest first.</summary>
    public static async IAsyncEnumerable<string> AllIds(Invocation call)
    {
        await foreach (var guest in call.Couch.Guests.List(new() { PageSize = Pages.Most }))
            yield return guest.Id;
    }

    /// <summary>The whole id of the guest that is meant.</summary>
    public static Task<string> Resolve(Invocation call, Argument<string> id, CancellationToken cancel) =>
        Ids.Resolve(call.Get(id)!, "guest", () => AllIds(call), cancel);

    private static Verb Show()
    {
        var id = CommonOptions.Id("guest");
        return new Verb("show", "Show a guest, its VM, its limits and what it has used.", "couch guest show 01JD9Z") { id }
            .Does(async (call, cancel) => call.Printer.One(
                await call.Couch.Guests.Get(await Resolve(call, id, cancel), cancel), GuestViews.Guest));
    }

    private static Verb Extend()
    {
        var id = CommonOptions.Id("guest");
        var by = new Argument<TimeSpan?>("time")
        {
            Description = "How much longer it may stay, such as 90m, 2h or 1d. A whole stay is at most 30d.", CustomParser = Duration.Parse,
        };
        return new Verb("extend", "Let a guest stay longer.", "couch guest extend 01JD9Z 2h") { id, by }.Does(async (call, cancel) =>
        {
            var guestId = await Resolve(call, id, cancel);
            if (call.Get(by) is not { Ticks: > 0 } time)
                throw new StopException(ExitCode.Usage, "the time must be more than 0", "give a time such as 2h");
            try
            {
                call.Printer.One(await call.Couch.Guests.Extend(guestId, time.TotalHours, cancel), GuestViews.Guest);
            }
            catch (CouchValidationException refused)
            {
                // The couch answers 400 to both: a guest that has ended, and a stay that would be too long.
                var hasEnded = !(await call.Couch.Guests.Get(guestId, cancel)).IsStaying();
                throw new StopException(hasEnded ? ExitCode.Conflict : ExitCode.OverLimit, refused.Message, refused.Detail);
            }
        });
    }

    private static Verb Activate()
    {
        var id = CommonOptions.Id("guest");
        var vm = new Option<string>("--vm-id") { Description = "The VM's id at its provider.", HelpName = "id", Required = true };
        var endpoint = new Option<string>("--endpoint")
        {
            Description = "Where the guest's agent is reached.", HelpName = "address", Required = true,
        };
        return new Verb(
            "activate", "Give a waiting guest its VM by hand.", "couch guest activate 01JD9Z --vm-id vm-7 --endpoint http://10.0.0.7:8080")
        {
            id, vm, endpoint,
        }.Does(async (call, cancel) =>
        {
            var guestId = await Resolve(call, id, cancel);
            try
            {
                call.Printer.One(
                    await call.Couch.Guests.Activate(guestId, call.Get(vm)!, call.Get(endpoint)!, cancel), GuestViews.Guest);
            }
            catch (CouchValidationException refused)
            {
                var waits = (await call.Couch.Guests.Get(guestId, cancel)).Status is GuestStatus.Provisioning;
                throw new StopException(waits ? ExitCode.Usage : ExitCode.Conflict, refused.Message, refused.Detail);
            }
        });
    }

    private static Verb History()
    {
        var id = CommonOptions.Id("guest");
        return new Verb("history", "Show all that happened to a guest, from its invite on.", "couch guest history 01JD9Z") { id }
            .Does(async (call, cancel) =>
            {
                foreach (var one in await call.Couch.Guests.History(await Resolve(call, id, cancel), cancel))
                    call.Printer.Next(one, EventViews.Event, EventViews.Line);
            });
    }
}
