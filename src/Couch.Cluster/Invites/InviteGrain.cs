using System.Security.Cryptography;
using Couch.Cluster.Guests;
using Couch.Cluster.Storage;
using Couch.Cluster.Telemetry;
using Couch.Domain.Guests;
using Couch.Domain.Invites;
using Couch.Domain.Keys;
using Couch.Domain.Text;
using Microsoft.Extensions.Logging;
using Orleans.Placement;
using Orleans.Storage;

namespace Couch.Cluster.Invites;

[GrainType(GrainKinds.Invite), PreferLocalPlacement]
internal sealed partial class InviteGrain(
    IGrainStorage storage,
    CouchDatabase database,
    TimeProvider clock,
    RandomNumberGenerator chance,
    CouchMeter meter,
    ILogger<InviteGrain> log) : Grain, IInviteGrain, IRemindable
{
    private GrainRow<Invite> row = null!;

    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        row = new(GrainContext, GrainKinds.Invite, storage, database, DeactivateOnIdle);
        return Task.CompletedTask;
    }

    public async Task<Invite> Create(CreateInvite command)
    {
        if (row is { IsKnown: true, Current: { } known })
            return known.AsOf(clock.Now());

        var invite = Invite.Create(command);
        // Armed before written: a tick without a row unregisters itself, a row without a tick would stay open.
        await this.Arm(invite.ExpiresAt, clock, database);
        if (!await row.Make(invite))
        {
            // It is being created again: the first one's moment stands.
            var existing = row.Current!;
            await this.Arm(existing.ExpiresAt, clock, database);
            return existing.AsOf(clock.Now());
        }

        LogCreated(invite.Id);
        meter.InviteCreated();
        return invite;
    }

    public async Task<Invite?> Get() => (await row.Read())?.AsOf(clock.Now());

    public async Task<RedeemOutcome> Redeem(RedeemInvite command)
    {
        if (await row.Read() is not { } invite)
            return new RedeemOutcome.Unknown();

        var now = clock.Now();
        var outcome = invite.Redeem(command, GuestId.New(now, chance), now);
        if (outcome is not RedeemOutcome.Redeemed { Invite: var redeemed })
            return outcome;

        if (ReferenceEquals(redeemed, invite))
        {
            await BringMissingGuest(redeemed);
            return outcome;
        }

        await row.Write(redeemed);
        LogRedeemed(redeemed.Id, redeemed.Redemption!.GuestId);
        meter.InviteRedeemed();
        // A crash here leaves a redeemed invite without its guest: a replay brings it, or housekeeping does.
        await ItsGuest(redeemed).Arrive(Guest.Arriving(redeemed));
        return outcome;
    }

    public async Task<RevokeOutcome> Revoke(Actor? by)
    {
        if (await row.Read() is not { } invite)
            return new RevokeOutcome.Unknown();

        var outcome = invite.Revoke(clock.Now(), by);
        if (outcome is RevokeOutcome.Revoked revoked)
        {
            await row.Write(revoked.Invite);
            LogRevoked(invite.Id);
            meter.InviteRevoked();
        }

        return outcome;
    }

    public async Task Settle()
    {
        if (await row.Read() is not { } invite)
            return;

        var settled = invite.AsOf(clock.Now());
        if (settled.Status != invite.Status)
        {
            await row.Write(settled);
            LogExpired(invite.Id);
            meter.InviteExpired();
        }
    }

    public async Task<bool> EnsureGuestArrived() =>
        await row.Read() is { Redemption: not null } redeemed && await BringMissingGuest(redeemed);

    public async Task<bool> Purge(DateTimeOffset moment)
    {
        if (await row.Read() is not { } invite || !invite.IsPast(moment, await GuestOf(invite)))
            return false;

        await this.Disarm();
        await row.Delete();
        DeactivateOnIdle();
        return true;
    }

    /// <summary>The reminder of a spent or revoked invite is left to find that out by itself, here.</summary>
    public async Task ReceiveReminder(string reminderName, TickStatus status)
    {
        await Settle();
        if (row.Current is not { Status: InviteStatus.Active })
            await this.Disarm();
    }

    /// <summary>Mostly it is there: asked first, because a row that is refused is logged as an error.</summary>
    private async Task<bool> BringMissingGuest(Invite redeemed) =>
        await ItsGuest(redeemed).Get() is null && await ItsGuest(redeemed).Arrive(Guest.Arriving(redeemed));

    private IGuestGrain ItsGuest(Invite redeemed) => GrainFactory.GetGrain<IGuestGrain>(redeemed.Redemption!.GuestId.Value);

    private async Task<Guest?> GuestOf(Invite invite) =>
        invite.Redemption is null ? null : await ItsGuest(invite).Get();

    [LoggerMessage(1, LogLevel.Information, "couch.invite.created {InviteId}", EventName = "couch.invite.created")]
    private partial void LogCreated(InviteId inviteId);

    [LoggerMessage(2, LogLevel.Information, "couch.invite.redeemed {InviteId} by guest {GuestId}", EventName = "couch.invite.redeemed")]
    private partial void LogRedeemed(InviteId inviteId, GuestId guestId);

    [LoggerMessage(3, LogLevel.Information, "couch.invite.revoked {InviteId}", EventName = "couch.invite.revoked")]
    private partial void LogRevoked(InviteId inviteId);

    [LoggerMessage(4, LogLevel.Information, "couch.invite.expired {InviteId}", EventName = "couch.invite.expired")]
    private partial void LogExpired(InviteId inviteId);
}
