using Couch.Cli.CommandLine;
using Couch.Cli.Output;
using Couch.Client;

namespace Couch.Cli.Invites;

/// <summary>A host's invites.</summary>
internal static class InviteCommands
{
    public static Verb Group() => new(
        "invite", "Write invites, look at them, and take them back.",
        "couch invite create --label reviewers --duration 8h", "couch invite list --status active", "couch invite revoke ID")
    {
        CreateInvite.Verb(),
        List(),
        Show(),
        Revoke(),
    };

    /// <summary>All ids, newest first.</summary>
    public static async IAsyncEnumerable<string> AllIds(Invocation call)
    {
        await foreach (var invite in call.Couch.Invites.List(new() { PageSize = 1000 }))
            yield return invite.Id;
    }

    private static Verb List()
    {
        var status = CommonOptions.Status(InviteStatus.Active, InviteStatus.Redeemed, InviteStatus.Revoked, InviteStatus.Expired);
        return new Verb(
            "list", "List invites, newest first.",
            "couch invite list", "couch invite list --status active --created-by noah", "couch invite list --json --show-secrets")
        {
            status, CommonOptions.CreatedBy, CommonOptions.Label, CommonOptions.Limit,
        }.Does((call, cancel) => call.Printer.Rows(
            call.Couch.Invites.List(
                new()
                {
                    Status = call.Get(status),
                    CreatedBy = call.Get(CommonOptions.CreatedBy),
                    Label = call.Get(CommonOptions.Label),
                    PageSize = Pages.SizeFor(call),
                }, cancel),
            InviteViews.Invite, call.Get(CommonOptions.Limit), call.Notes, cancel));
    }

    private static Verb Show()
    {
        var id = CommonOptions.Id("invite");
        return new Verb("show", "Show an invite.", "couch invite show 01JD9Z", "couch invite show 01JD9Z --show-secrets") { id }
            .Does(async (call, cancel) =>
            {
                var invite = await call.Couch.Invites.Get(await Ids.Resolve(call.Get(id)!, "invite", () => AllIds(call), cancel), cancel);
                call.Printer.One(invite, InviteViews.Invite);
                if (call.Printer.Format is Format.Table && call.Get(GlobalOptions.ShowSecrets) && invite.Status == InviteStatus.Active)
                    await Handout.Print(call, invite.Code, cancel);
            });
    }

    private static Verb Revoke()
    {
        var ids = CommonOptions.Ids("invite");
        return new Verb(
            "revoke", "Take invites back that nobody has redeemed.",
            "couch invite revoke 01JD9Z", "couch invite revoke --all --label reviewers --dry-run", "couch invite revoke --all --yes")
        {
            ids, CommonOptions.All, CommonOptions.CreatedBy, CommonOptions.Label, CommonOptions.DryRun, CommonOptions.Yes,
        }.Does(async (call, cancel) =>
        {
            var given = await Ids.Resolve(call.Get(ids) ?? [], "invite", () => AllIds(call), cancel);
            var selection = Bulk<RevokedInvites>.Chosen(call, given);
            if (given is not [var id] || selection.IsFiltered())
                return await Many(call).Run(call, selection, cancel);

            var invite = await call.Couch.Invites.Get(id, cancel);
            if (call.Get(CommonOptions.DryRun))
            {
                call.Notes.Say($"nothing was done: this would revoke {Described(invite)}, which is {invite.Status}");
                call.Printer.One(invite, InviteViews.Invite);
                return ExitCode.Ok;
            }

            call.Confirm($"revoke {Described(invite)}?");
            try
            {
                call.Printer.One(await call.Couch.Invites.Revoke(id, cancel: cancel), InviteViews.Invite);
            }
            catch (CouchValidationException refused)
            {
                // Nothing else of such a call can be wrong.
                throw new StopException(ExitCode.Conflict, refused.Message, refused.Detail);
            }

            return ExitCode.Ok;
        });
    }

    private static Bulk<RevokedInvites> Many(Invocation call) => new(
        "revoke", "invites", call.Couch.Invites.Revoke, call.Couch.Invites.RevokeStepwise,
        result => new(result.Revoked, result.AlreadyEnded, result.Failed), InviteViews.Revoked);

    private static string Described(Invite invite) =>
        invite.Label.Length == 0 ? $"invite {invite.Id}" : $"invite {invite.Id} '{invite.Label}'";
}
