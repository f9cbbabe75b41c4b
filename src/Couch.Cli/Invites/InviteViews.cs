using Couch.Cli.Output;
using Couch.Client;

namespace Couch.Cli.Invites;

/// <summary>How an invite is printed.</summary>
internal static class InviteViews
{
    public static View<Invite> Invite { get; } = new(invite => invite.Id,
        new("id", invite => invite.Id),
        new("status", invite => invite.Status) { Colour = invite => Words.OfStatus(invite.Status) },
        new("label", invite => invite.Label) { MayBeCut = true },
        new("createdBy", invite => invite.CreatedBy) { Heading = "by", MayBeCut = true },
        new("expiresAt", invite => Words.Time(invite.ExpiresAt))
        {
            Heading = "expires", Shown = (invite, now) => Words.Away(invite.ExpiresAt, now),
        },
        new("redeemedBy", invite => invite.RedeemedBy) { Heading = "guest", MayBeCut = true },
        new Column<Invite>("code", _ => null) { Secret = invite => invite.Code }.InDetail,
        new Column<Invite>("createdAt", invite => Words.Time(invite.CreatedAt))
        {
            Shown = (invite, now) => Words.Away(invite.CreatedAt, now),
        }.InDetail,
        new Column<Invite>("redeemedAt", invite => Words.Time(invite.RedeemedAt)).InDetail,
        new Column<Invite>("guestId", invite => invite.GuestId).InDetail,
        new Column<Invite>("enforcement", invite => invite.Enforcement).InDetail,
        new Column<Invite>("maxCpuCores", invite => Words.Number(invite.ResourceLimits.MaxCpuCores)).InDetail,
        new Column<Invite>("maxMemoryMB", invite => Words.Number(invite.ResourceLimits.MaxMemoryMB)).InDetail,
        new Column<Invite>("maxDiskGB", invite => Words.Number(invite.ResourceLimits.MaxDiskGB)).InDetail,
        new Column<Invite>("maxNetworkEgressGB", invite => Words.Number(invite.ResourceLimits.MaxNetworkEgressGB)).InDetail,
        new Column<Invite>("maxDurationHours", invite => Words.Number(invite.ResourceLimits.MaxDurationHours)).InDetail,
        new Column<Invite>("maxTokenBudget", invite => Words.Number(invite.ResourceLimits.MaxTokenBudget)).InDetail,
        new Column<Invite>("canAccessInternet", invite => Words.Flag(invite.Permissions.CanAccessInternet)).InDetail,
        new Column<Invite>("canSpawnSubAgents", invite => Words.Flag(invite.Permissions.CanSpawnSubAgents)).InDetail,
        new Column<Invite>("canAccessHostServices", invite => Words.Flag(invite.Permissions.CanAccessHostServices)).InDetail,
        new Column<Invite>("createdWith", invite => Words.By(invite.CreatedWith)).InDetail,
        new Column<Invite>("revokedWith", invite => Words.By(invite.RevokedWith)).InDetail);

    public static View<RevokedInvites> Revoked { get; } = new(_ => "",
        new("revoked", result => Words.Number(result.Revoked)),
        new("alreadyEnded", result => Words.Number(result.AlreadyEnded)),
        new("failed", result => Words.Number(result.Failed.Count)));
}
