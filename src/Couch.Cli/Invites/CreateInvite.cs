using System.CommandLine;
using Couch.Cli.CommandLine;
using Couch.Cli.Output;
using Couch.Client;

namespace Couch.Cli.Invites;

/// <summary>Writes an invite, and shows its code: that is what was asked for.</summary>
internal static class CreateInvite
{
    private static readonly Option<string> By = new("--created-by")
    {
        Description = "Who invites. Otherwise your user name.", HelpName = "name",
    };

    private static readonly Option<string> Label = new("--label") { Description = "What the invite is for.", HelpName = "text" };

    private static readonly Option<TimeSpan?> Expires =
        CommonOptions.Span("--expires", "How long it may be redeemed; otherwise 24h, at most 30d.");

    private static readonly Option<TimeSpan?> Stay =
        CommonOptions.Span("--duration", "How long its guest may stay; otherwise 72h, at most 30d.");

    private static readonly Option<double?> Cpu = Number("--cpu", "cores", "Processor cores; otherwise 2.");
    private static readonly Option<double?> Memory = Number("--memory", "MB", "Memory in megabytes; otherwise 4096.");
    private static readonly Option<double?> Disk = Number("--disk", "GB", "Disk in gigabytes; otherwise 20.");
    private static readonly Option<double?> Egress = Number("--egress", "GB", "Bytes to the network, in gigabytes; otherwise 10.");

    private static readonly Option<long?> Tokens = new("--tokens") { Description = "Model tokens; otherwise 50000000.", HelpName = "n" };

    private static readonly Option<bool> NoInternet = new("--no-internet") { Description = "The guest may not reach the internet." };
    private static readonly Option<bool> SubAgents = new("--sub-agents") { Description = "The guest may start agents of its own." };
    private static readonly Option<bool> HostServices = new("--host-services") { Description = "The guest may reach the host's network." };

    private static readonly Option<string> OverLimit = new("--enforcement")
    {
        Description = "What happens to a guest over a limit: stop (otherwise), or report alone.", HelpName = "stop|report",
    };

    private static readonly Option<bool> CodeAlone = new("--code-only") { Description = "Print the code alone." };
    private static readonly Option<bool> LinkAlone = new("--link-only") { Description = "Print the link to hand over alone." };
    private static readonly Option<bool> PasteAlone = new("--paste-only") { Description = "Print the text for the guest's agent alone." };

    public static Verb Verb()
    {
        OverLimit.AcceptOnlyFromAmong(Enforcement.Stop, Enforcement.Report);
        return new Verb(
            "create", "Write an invite for one guest, and show its code.",
            "couch invite create --label reviewers --duration 8h --tokens 1000000",
            "couch invite create --code-only > code.txt",
            "couch invite create --code-only | couch redeem --name agent-1",
            "couch invite create --paste-only > for-the-agent.md")
        {
            By, Label, Expires, Stay, Cpu, Memory, Disk, Egress, Tokens, NoInternet, SubAgents, HostServices, OverLimit, CodeAlone,
            LinkAlone, PasteAlone, CommonOptions.IdempotencyKey,
        }.Does(async (call, cancel) =>
        {
            var key = IdempotencyKeys.Of(call);
            // Asked first: a couch that has no such text makes no invite in vain.
            var join = call.Get(LinkAlone) || call.Get(PasteAlone) ? await call.Couch.Join(cancel) : null;
            var invite = await call.Couch.Invites.Create(Wanted(call), key, cancel);
            if (call.Get(CodeAlone))
            {
                call.Printer.Bare(invite.Code.Reveal());
                return;
            }

            if (join is not null)
            {
                call.Printer.Bare(call.Get(LinkAlone) ? Visible.Of(join.LinkFor(invite.Code)) : Handout.Text(join, invite.Code));
                return;
            }

            call.Printer.Revealing.One(invite, InviteViews.Invite);
            if (call.Printer.Format is not Format.Table)
                return;
            call.Notes.Say("the code is good for one guest, who redeems it by: couch redeem --name NAME --url " + call.Target.Url);
            await Handout.Print(call, invite.Code, cancel);
        });
    }

    private static NewInvite Wanted(Invocation call) => new()
    {
        CreatedBy = call.Get(By) ?? Environment.UserName,
        Label = call.Get(Label),
        ExpiresInHours = call.Get(Expires)?.TotalHours,
        Enforcement = call.Get(OverLimit),
        ResourceLimits = new()
        {
            MaxCpuCores = call.Get(Cpu),
            MaxMemoryMB = call.Get(Memory),
            MaxDiskGB = call.Get(Disk),
            MaxNetworkEgressGB = call.Get(Egress),
            MaxDurationHours = call.Get(Stay)?.TotalHours,
            MaxTokenBudget = call.Get(Tokens),
        },
        Permissions = new()
        {
            CanAccessInternet = call.Get(NoInternet) ? false : null,
            CanSpawnSubAgents = call.Get(SubAgents) ? true : null,
            CanAccessHostServices = call.Get(HostServices) ? true : null,
        },
    };

    private static Option<double?> Number(string name, string unit, string description) =>
        new(name) { Description = description, HelpName = unit };
}
