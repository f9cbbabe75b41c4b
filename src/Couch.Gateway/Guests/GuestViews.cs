using Couch.Domain.Guests;
using Couch.Domain.Text;
using Couch.Gateway.Keys;

namespace Couch.Gateway.Guests;

/// <summary>A guest, as its host sees it. Its token is nowhere in it.</summary>
public sealed record GuestView
{
    /// <summary>Its ULID.</summary>
    public required string Id { get; init; }

    /// <summary>The name it gave.</summary>
    public required string Name { get; init; }

    /// <summary>The OpenSSH public key it gave; null where it gave none.</summary>
    public required string? PublicKey { get; init; }

    /// <summary>Where its stay is, as of now.</summary>
    public required GuestStatus Status { get; init; }

    /// <summary>Its VM's id at the provider; null until it has one.</summary>
    public required string? VmId { get; init; }

    /// <summary>Where its agent is reached; null until it runs.</summary>
    public required string? AgentEndpoint { get; init; }

    /// <summary>The invite it came by.</summary>
    public required string InviteId { get; init; }

    /// <summary>What it may use.</summary>
    public required ResourceLimits ResourceLimits { get; init; }

    /// <summary>What it may reach.</summary>
    public required Permissions Permissions { get; init; }

    /// <summary>What happens to it over a limit.</summary>
    public required Enforcement Enforcement { get; init; }

    /// <summary>What it has used so far.</summary>
    public required ResourceUsage ResourceUsage { get; init; }

    /// <summary>When it arrived.</summary>
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>When its time is up.</summary>
    public required DateTimeOffset ExpiresAt { get; init; }

    /// <summary>When its stay ended; null while staying.</summary>
    public required DateTimeOffset? StoppedAt { get; init; }

    /// <summary>
    /// Why its stay ended: <c>expired</c>, <c>killed</c>, <c>limits-exceeded</c>, <c>provisioning-failed</c>, <c>vm-lost</c> or
    /// <c>checked-out</c>; null while staying.
    /// </summary>
    public required string? EndReason { get; init; }

    /// <summary>More about the end, where there is more to say.</summary>
    public required string? EndDetail { get; init; }

    /// <summary>The host key whose kill or usage report ended it; null while staying, and where no key did.</summary>
    public required ActorView? EndedWith { get; init; }

    /// <summary>The VM's own record.</summary>
    public required VmView Vm { get; init; }

    /// <summary>By which host key it was activated; both fields null where it was not by hand.</summary>
    public required ActorView ActivatedWith { get; init; }

    /// <summary>By which host key it was given more time, the last time; both fields null where it was not.</summary>
    public required ActorView ExtendedWith { get; init; }

    /// <summary>By which host key it was killed; both fields null where it was not.</summary>
    public required ActorView KilledWith { get; init; }

    internal static GuestView Of(Guest guest) => new()
    {
        Id = guest.Id.Value,
        Name = guest.Name,
        PublicKey = guest.PublicKey,
        Status = guest.Status,
        VmId = guest.VmId,
        AgentEndpoint = guest.AgentEndpoint,
        InviteId = guest.InviteId.Value,
        ResourceLimits = guest.ResourceLimits,
        Permissions = guest.Permissions,
        Enforcement = guest.Enforcement,
        ResourceUsage = guest.ResourceUsage,
        CreatedAt = guest.CreatedAt,
        ExpiresAt = guest.ExpiresAt,
        StoppedAt = guest.StoppedAt,
        EndReason = guest.EndReason?.Word(),
        EndDetail = guest.EndDetail,
        EndedWith = ActorView.OfOrNull(guest.EndedWith ?? guest.KilledWith),
        Vm = VmView.Of(guest.Vm),
        ActivatedWith = ActorView.Of(guest.ActivatedWith),
        ExtendedWith = ActorView.Of(guest.ExtendedWith),
        KilledWith = ActorView.Of(guest.KilledWith),
    };
}

/// <summary>A page of guests.</summary>
public sealed record GuestList
{
    /// <summary>The guests, newest first.</summary>
    public required IReadOnlyList<GuestView> Guests { get; init; }

    /// <summary>How many are in this answer.</summary>
    public required int Count { get; init; }

    /// <summary>The <c>cursor</c> of the next page; null at the end.</summary>
    public required string? NextCursor { get; init; }

    /// <summary>
    /// Ids of guests that belong here and whose stored rows this version of the couch cannot read; not in the count, and empty unless
    /// something is wrong.
    /// </summary>
    public required IReadOnlyList<string> Unreadable { get; init; }
}
