using System.CommandLine;
using Couch.Cli.CommandLine;
using Couch.Client;

namespace Couch.Cli.Guests;

/// <summary>Lists guests, once or as they change.</summary>
internal static class ListGuests
{
    public static Verb Verb()
    {
        var status = CommonOptions.Status(
            GuestStatus.Provisioning, GuestStatus.Running, GuestStatus.Stopped, GuestStatus.Expired, GuestStatus.Revoked);
        var name = new Option<string>("--name")
        {
            Description = "Only those whose name begins so; A to Z also in the other case.", HelpName = "text",
        };
        var watch = new Option<bool>("--watch", "-w")
        {
            Description = "Go on showing changes, also after the couch was away. Needs the scope events too.",
        };
        return new Verb(
            "list", "List guests, newest first.",
            "couch guest list", "couch guest list --status running --label reviewers", "couch guest list --watch",
            "couch guest list --status provisioning --quiet")
        {
            status, CommonOptions.CreatedBy, CommonOptions.Label, name, CommonOptions.Limit, watch,
        }.Does((call, cancel) =>
        {
            var filter = new GuestFilter
            {
                Status = call.Get(status),
                CreatedBy = call.Get(CommonOptions.CreatedBy),
                Label = call.Get(CommonOptions.Label),
                Name = call.Get(name),
                PageSize = Pages.SizeFor(call),
            };
            return call.Get(watch)
                ? new WatchGuests(call, filter).Run(cancel)
                : call.Printer.Rows(
                    call.Couch.Guests.List(filter, cancel), GuestViews.Guest, call.Get(CommonOptions.Limit), call.Notes, cancel);
        });
    }
}
