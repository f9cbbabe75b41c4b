
namespace Couch.Domain.Invites;

/// <summary>What a redeem comes to. Closed: these cases and no others.</summary>
[GenerateSerializer, Immutable, Alias("couch.RedeemOutcome")]
public abstract record RedeemOutcome
{
    private RedeemOutcome() { }

    /// <summary>The guest is in: now, or by the first use of the same idempotency key.</summary>
    [GenerateSerializer, Immutable, Alias("couch.RedeemOutcome.Redeemed")]
    public sealed record Redeemed([property: Id(0)] Invite Invite) : RedeemOutcome;

    /// <summary>The invite is spent, revoked or past its time.</summary>
    [GenerateSerializer, Immutable, Alias("couch.RedeemOutcome.NotActive")]
    public sealed record NotActive([property: Id(0)] InviteStatus Status) : RedeemOutcome;

    /// <summary>The idempotency key redeemed this code before, with another body.</summary>
    [GenerateSerializer, Immutable, Alias("couch.RedeemOutcome.KeyReused")]
    public sealed record KeyReused : RedeemOutcome;

    /// <summary>No invite has this id.</summary>
    [GenerateSerializer, Immutable, Alias("couch.RedeemOutcome.Unknown")]
    public sealed record Unknown : RedeemOutcome;
}

/// <summary>What revoking an invite comes to.</summary>
[GenerateSerializer, Immutable, Alias("couch.RevokeOutcome")]
public abstract record RevokeOutcome
{
    private RevokeOutcome() { }

    /// <summary>It is revoked: now, or by the first use of the same idempotency key.</summary>
    [GenerateSerializer, Immutable, Alias("couch.RevokeOutcome.Revoked")]
    public sealed record Revoked([property: Id(0)] Invite Invite) : RevokeOutcome;

    /// <summary>The invite is spent, revoked or past its time.</summary>
    [GenerateSerializer, Immutable, Alias("couch.RevokeOutcome.NotActive")]
    public sealed record NotActive([property: Id(0)] InviteStatus Status) : RevokeOutcome;

    /// <summary>No invite has this id.</summary>
    [GenerateSerializer, Immutable, Alias("couch.RevokeOutcome.Unknown")]
    public sealed record Unknown : RevokeOutcome;
}
