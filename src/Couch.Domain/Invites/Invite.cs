using System.Text.Json.Serialization;
using Couch.Domain.Guests;
using Couch.Domain.Keys;
using Couch.Domain.Text;
using Couch.Domain.Values;

namespace Couch.Domain.Invites;

/// <summary>
/// A single-use invitation with the limits and permissions its guest will have. Owned by its grain; written whole.
/// Decisions are pure: state, command and now give an outcome, and the outcome carries the next state.
/// </summary>
[GenerateSerializer, Immutable, Alias("couch.Invite")]
public sealed record Invite
{
    /// <summary>The longest an invite may stay open, in hours.</summary>
    public const double MostOpenHours = 720;

    /// <summary>How long an invite stays open where nothing is said, in hours.</summary>
    public const double DefaultOpenHours = 24;

    /// <summary>The id that its code carries. It contains <see cref="CreatedAt"/>.</summary>
    [Id(0)] public required InviteId Id { get; init; }

    /// <summary>Who invites, in the host's words: not blank, at most <see cref="Bounds.MostName"/> UTF-16 units.</summary>
    [Id(1)] public required string CreatedBy { get; init; }

    /// <summary>What it is for, at most <see cref="Bounds.MostLabel"/> UTF-16 units; empty where the host did not say.</summary>
    [Id(2)] public required string Label { get; init; }

    /// <summary>What its guest may use.</summary>
    [Id(3)] public required ResourceLimits ResourceLimits { get; init; }

    /// <summary>What its guest may reach.</summary>
    [Id(4)] public required Permissions Permissions { get; init; }

    /// <summary>What happens to its guest over a limit.</summary>
    [Id(5)] public required Enforcement Enforcement { get; init; }

    /// <summary>The status as last written. Past its time it may still be written as active: see <see cref="AsOf"/>.</summary>
    [Id(6)] public required InviteStatus Status { get; init; }

    /// <summary>When its time is up, in whole milliseconds: from then on an active invite counts as expired.</summary>
    [Id(7)] public required DateTimeOffset ExpiresAt { get; init; }

    /// <summary>Everything the guest is made from; null until redeemed.</summary>
    [Id(8)] public Redemption? Redemption { get; init; }

    /// <summary>By which host key it was made; null where it was not noted.</summary>
    [Id(9)] public Actor? CreatedWith { get; init; }

    /// <summary>By which host key it was taken back; null where it was not.</summary>
    [Id(10)] public Actor? RevokedWith { get; init; }

    /// <summary>When it was taken back; null where it was not, or before this was kept.</summary>
    [Id(11)] public DateTimeOffset? RevokedAt { get; init; }

    /// <summary>The idempotency key under which it was taken back; null where it was not, or under none.</summary>
    [Id(12)] public Idempotency? RevokedUnder { get; init; }

    /// <summary>
    /// The idempotency key under which it was made, with the body that it was made of; null where it was made under none, or before this
    /// was kept.
    /// </summary>
    [Id(13)] public Idempotency? CreatedUnder { get; init; }

    /// <summary>The next moment at which the invite must act, even if its grain has left memory by then; null: never again.</summary>
    [JsonIgnore] public DateTimeOffset? NextMoment => Status is InviteStatus.Active ? ExpiresAt : null;

    /// <summary>The millisecond the invite was made, taken from the id.</summary>
    [JsonIgnore] public DateTimeOffset CreatedAt => Id.CreatedAt;

    /// <summary>The invite that the command asks for.</summary>
    /// <exception cref="OutOfBoundsException">A field of the command is not within its bounds.</exception>
    public static Invite Create(CreateInvite command)
    {
        command.MustBeWithinBounds();
        return new()
        {
            Id = command.Id,
            CreatedBy = command.CreatedBy,
            Label = command.Label,
            ResourceLimits = command.ResourceLimits,
            Permissions = command.Permissions,
            Enforcement = command.Enforcement,
            Status = InviteStatus.Active,
            ExpiresAt = Latest(command.Id.CreatedAt, command.OpenFrom).AddWholeHours(command.ExpiresInHours),
            CreatedWith = command.By,
            CreatedUnder = command.Under,
        };

        // The clock of the node that repeats a creation may be behind.
        static DateTimeOffset Latest(DateTimeOffset drawn, DateTimeOffset? from) => from > drawn ? from.Value : drawn;
    }

    /// <summary>
    /// The invite as it must be shown at <paramref name="now"/>: once its time is up it is expired, whatever status was written.
    /// </summary>
    public Invite AsOf(DateTimeOffset now) =>
        Status is InviteStatus.Active && now >= ExpiresAt ? this with { Status = InviteStatus.Expired } : this;

    /// <summary>The invite if a decision may not have been written before its time was up: expired, without a guest.</summary>
    public Invite Expire() => AsOf(ExpiresAt);

    /// <summary>The invite as its creation answered it, for a repeated creation under the same idempotency key.</summary>
    public Invite AsCreated() =>
        this with { Status = InviteStatus.Active, Redemption = null, RevokedWith = null, RevokedAt = null, RevokedUnder = null };

    /// <summary>
    /// Whether nothing about the invite changes any more since <paramref name="moment"/>: its guest's stay is past, or it has no guest and
    /// its time was up by then, revoked or not.
    /// </summary>
    /// <param name="guest">
    /// The guest that redeemed it; null where there is none. A redeemed invite without a guest still has to bring it.
    /// </param>
    public bool IsPast(DateTimeOffset moment, Guest? guest) => Redemption is null
        ? Status is not InviteStatus.Active && ExpiresAt <= moment
        : guest?.IsPast(moment) ?? false;

    /// <summary>Spends the invite on a guest, or says why not. A refusal spends nothing.</summary>
    /// <exception cref="OutOfBoundsException">A field of the command is not within its bounds.</exception>
    public RedeemOutcome Redeem(RedeemInvite command, GuestId guestId, DateTimeOffset now)
    {
        command.MustBeWithinBounds();
        if (Redemption is { Idempotency: { } kept } redemption && kept.IsRepeatedBy(command.Idempotency, redemption.RedeemedAt, now))
            return kept.BodyHash == command.Idempotency!.BodyHash ? new RedeemOutcome.Redeemed(this) : new RedeemOutcome.KeyReused();

        if (AsOf(now).Status is not InviteStatus.Active and var status)
            return new RedeemOutcome.NotActive(status);

        return new RedeemOutcome.Redeemed(this with
        {
            Status = InviteStatus.Redeemed,
            Redemption = new Redemption
            {
                GuestId = guestId,
                GuestName = command.GuestName,
                PublicKey = command.PublicKey,
                Idempotency = command.Idempotency,
            },
        });
    }

    /// <summary>
    /// Takes the invite back, if it is not redeemed and its time is not up. Repeated under the same key it returns the same invite, already
    /// taken back.
    /// </summary>
    public RevokeOutcome Revoke(DateTimeOffset now, Actor? by = null, Idempotency? key = null)
    {
        Bounds.Demand(Actor.WhyNot(by), key?.WhyNot());
        if (RevokedUnder is { } kept && RevokedAt is { } revokedAt && kept.IsRepeatedBy(key, revokedAt, now))
            return new RevokeOutcome.Revoked(this);

        return AsOf(now).Status switch
        {
            InviteStatus.Active => new RevokeOutcome.Revoked(
                this with { Status = InviteStatus.Revoked, RevokedWith = by, RevokedAt = now, RevokedUnder = key }),
            var status => new RevokeOutcome.NotActive(status),
        };
    }
}

/// <summary>The one write that records everything a guest will be made from, so that a late arrival and a replay agree.</summary>
[GenerateSerializer, Immutable, Alias("couch.Redemption")]
public sealed record Redemption
{
    /// <summary>The id of the guest, drawn once at the redemption. It contains <see cref="RedeemedAt"/>.</summary>
    [Id(0)] public required GuestId GuestId { get; init; }

    /// <summary>What the guest wants to be called: not blank, at most <see cref="Bounds.MostName"/> UTF-16 units.</summary>
    [Id(1)] public required string GuestName { get; init; }

    /// <summary>One OpenSSH public key; null where the guest sent none.</summary>
    [Id(2)] public string? PublicKey { get; init; }

    /// <summary>Null where the redeem carried no idempotency key.</summary>
    [Id(3)] public Idempotency? Idempotency { get; init; }

    /// <summary>The time of the redemption, taken from the guest's id.</summary>
    [JsonIgnore] public DateTimeOffset RedeemedAt => GuestId.CreatedAt;
}
