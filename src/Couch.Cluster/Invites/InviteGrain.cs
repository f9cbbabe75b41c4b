using System.Security.Cryptography;
using Couch.Cluster.Events;
using Couch.Cluster.Guests;
using Couch.Cluster.Storage;
using Couch.Cluster.Telemetry;
using Couch.Domain.Events;
using Couch.Domain.Guests;
using Couch.Domain.Invites;
using Couch.Domain.Keys;
using Couch.Domain.Text;
using Couch.Domain.Values;
using Microsoft.Extensions.Logging;
using Orleans.Placement;
using Orleans.Storage;

namespace Couch.Cluster.Invites;

[GrainType(GrainKinds.Invite), PreferLocalPlacement]
internal sealed partial class InviteGrain(
    IGrainStorage storage,
    CouchDatabase database,
    EventRecords records,
    TimeProvider clock,
    RandomNumberGenerator random,
    CouchMeter meter,
    ILogger<InviteGrain> log) : Grain, IInviteGrain, IRemindable
{
    private static readonly RowRules<Invite> Rules = new()
    {
        NextMoment = invite => invite.NextMoment,
        Events = (before, after, _) => Transitions.Of(before, after),
    };

    private GrainRow<Invite> row = null!;
    private GrainWake wake = null!;
    private DateTimeOffset latest;

    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        row = new(GrainContext, GrainKinds.Invite, storage, database, DeactivateOnIdle, Rules, records, SetWake);
        wake = new(this, clock, Tick);
        return Task.CompletedTask;
    }

    public async Task<Invite> Create(CreateInvite command)
    {
        if (row is { IsKnown: true, Current: { } known })
            return known.AsOf(Now());

        Bounds.Demand(command.Id.Value == this.GetPrimaryKeyString() ? null : "id must be the invite's own");
        var invite = Invite.Create(command);
        // The creation may be a repetition: the first invite stands.
        if (!await row.Make(invite))
            return row.Current!.AsOf(Now());

        LogCreated(invite.Id);
        meter.InviteCreated();
        return invite;
    }

    public async Task<Invite?> Get() => (await row.Read())?.AsOf(Now());

    public async Task<RedeemOutcome> Redeem(RedeemInvite command)
    {
        if (await row.Read() is not { } invite)
            return new RedeemOutcome.Unknown();

        var now = Now();
        var outcome = invite.Redeem(command, GuestId.New(now, random), now);
        if (outcome is not RedeemOutcome.Redeemed { Invite: var redeemed })
            return outcome;

        if (ReferenceEquals(redeemed, invite))
        {
            await BringMissingGuest(redeemed);
            return outcome;
        }

        // A redemption that is written too late brings no guest: a concurrent caller has been told that the invite had expired.
        if (!await WriteInTime(redeemed))
            return new RedeemOutcome.NotActive(InviteStatus.Expired);
        LogRedeemed(redeemed.Id, redeemed.Redemption!.GuestId);
        meter.InviteRedeemed();
        // A crash here leaves a redeemed invite without its guest: a replay brings it, or housekeeping does.
        await ItsGuest(redeemed).Arrive(Guest.Arriving(redeemed));
        return outcome;
    }

    public async Task<RevokeOutcome> Revoke(Actor? by, Idempotency? key)
    {
        if (await row.Read() is not { } invite)
            return new RevokeOutcome.Unknown();

        var outcome = invite.Revoke(Now(), by, key);
        // A repetition under the same idempotency key has been written already.
        if (outcome is RevokeOutcome.Revoked revoked && !ReferenceEquals(revoked.Invite, invite))
        {
            if (!await WriteInTime(revoked.Invite))
                return new RevokeOutcome.NotActive(InviteStatus.Expired);
            LogRevoked(invite.Id);
            meter.InviteRevoked();
        }

        return outcome;
    }

    public async Task Settle()
    {
        if (await row.Read() is not { } invite)
            return;

        var settled = invite.AsOf(Now());
        if (settled.Status != invite.Status || row.IsHeld)
        {
            await row.Write(settled);
            TellExpired(invite.Id);
        }
    }

    public async Task<bool> EnsureGuestArrived() =>
        await row.Read() is { Redemption: not null } redeemed && await BringMissingGuest(redeemed);

    public async Task<bool> Purge(DateTimeOffset moment)
    {
        if (await row.Read() is not { } invite || !invite.IsPast(moment, await GuestOf(invite)))
            return false;

        await row.Delete();
        DeactivateOnIdle();
        return true;
    }

    public async Task ReceiveReminder(string reminderName, TickStatus status)
    {
        if (await row.IsOvertaken(status))
            return;
        try
        {
            await Tick();
        }
        catch (UnreadableRowException)
        {
            // An invite that cannot be read cannot be redeemed, so there is nothing to end. Once it can be read, a tick or the
            // sweep finds that it is overdue.
        }

        await wake.Forget(reminderName, needsNoWake: row is { IsKnown: true, WakeAt: null });
    }

    private async Task Tick()
    {
        await Settle();
        await row.KeepWake(Now());
        SetWake();
    }

    private void SetWake() => wake.At(row.Current?.NextMoment);

    /// <summary>Usually the guest exists. It is asked first, because a refused insert is logged as an error.</summary>
    private async Task<bool> BringMissingGuest(Invite redeemed)
    {
        try
        {
            return await ItsGuest(redeemed).Get() is null && await ItsGuest(redeemed).Arrive(Guest.Arriving(redeemed));
        }
        catch (UnreadableRowException)
        {
            // The guest has a row, whatever the row says.
            return false;
        }
    }

    /// <summary>
    /// Never goes back, whatever the node's clock does: a caller that has been told that an invite's time is up is not told later
    /// that it is open.
    /// </summary>
    private DateTimeOffset Now() => latest = clock.Now() is var now && now > latest ? now : latest;

    /// <summary>
    /// Writes a decision about an open invite, which is valid only if it is known to be written before the invite's time is up.
    /// </summary>
    /// <returns>
    /// False when it is not valid: the invite has expired. An expiry that could not be written is written by the next tick.
    /// </returns>
    private async Task<bool> WriteInTime(Invite decided)
    {
        var before = row.Current!;
        if (await row.WriteBefore(before.ExpiresAt, decided, before.Expire, Now))
            return true;

        LogTooLate(before.Id);
        if (row.Current!.Status is InviteStatus.Expired)
            TellExpired(before.Id);
        else
            await Settle();
        return false;
    }

    private void TellExpired(InviteId id)
    {
        LogExpired(id);
        meter.InviteExpired();
    }

    private IGuestGrain ItsGuest(Invite redeemed) => GrainFactory.Guest(redeemed.Redemption!.GuestId);

    private async Task<Guest?> GuestOf(Invite invite) =>
        invite.Redemption is null ? null : await ItsGuest(invite).Get();

    [LoggerMessage(
        235, LogLevel.Warning, "What was decided of invite {InviteId} was written too late, so it is refused: its time was up meanwhile")]
    private partial void LogTooLate(InviteId inviteId);

    [LoggerMessage(1, LogLevel.Information, "couch.invite.created {InviteId}", EventName = "couch.invite.created")]
    private partial void LogCreated(InviteId inviteId);

    [LoggerMessage(2, LogLevel.Information, "couch.invite.redeemed {InviteId} by guest {GuestId}", EventName = "couch.invite.redeemed")]
    private partial void LogRedeemed(InviteId inviteId, GuestId guestId);

    [LoggerMessage(3, LogLevel.Information, "couch.invite.revoked {InviteId}", EventName = "couch.invite.revoked")]
    private partial void LogRevoked(InviteId inviteId);

    [LoggerMessage(4, LogLevel.Information, "couch.invite.expired {InviteId}", EventName = "couch.invite.expired")]
    private partial void LogExpired(InviteId inviteId);
}
