using Couch.Domain.Guests;
using Couch.Domain.Text;
using Couch.Gateway.Keys;

namespace Couch.Gateway.Guests;

/// <summary>What a host watches of a guest: where it is, what it has used, and what it is above.</summary>
public sealed record GuestStatusView
{
    /// <summary>Its ULID.</summary>
    public required string Id { get; init; }

    /// <summary>The name it gave.</summary>
    public required string Name { get; init; }

    /// <summary>Where its stay is, as of now.</summary>
    public required GuestStatus Status { get; init; }

    /// <summary>Its VM's id at the provider; null until it has one.</summary>
    public required string? VmId { get; init; }

    /// <summary>Where its agent is reached; null until it runs.</summary>
    public required string? AgentEndpoint { get; init; }

    /// <summary>What it has used so far.</summary>
    public required ResourceUsage ResourceUsage { get; init; }

    /// <summary>What it may use.</summary>
    public required ResourceLimits ResourceLimits { get; init; }

    /// <summary>Whether it is above any limit.</summary>
    public required bool LimitsExceeded { get; init; }

    /// <summary>The limits it is above, like <c>tokens: 200/100</c>; empty where there are none.</summary>
    public required IReadOnlyList<string> Violations { get; init; }

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

    internal static GuestStatusView Of(Guest guest)
    {
        var violations = guest.Violations;
        return new()
        {
            Id = guest.Id.Value,
            Name = guest.Name,
            Status = guest.Status,
            VmId = guest.VmId,
            AgentEndpoint = guest.AgentEndpoint,
            ResourceUsage = guest.ResourceUsage,
            ResourceLimits = guest.ResourceLimits,
            LimitsExceeded = violations.Count > 0,
            Violations = violations,
            CreatedAt = guest.CreatedAt,
            ExpiresAt = guest.ExpiresAt,
            StoppedAt = guest.StoppedAt,
            EndReason = guest.EndReason?.Word(),
            EndDetail = guest.EndDetail,
            EndedWith = ActorView.OfOrNull(guest.EndedWith ?? guest.KilledWith),
            Vm = VmView.Of(guest.Vm),
        };
    }
}

/// <summary>A guest's counters as they are kept after a report.</summary>
public sealed record UsageView
{
    /// <summary>The guest's ULID.</summary>
    public required string Id { get; init; }

    /// <summary>What it has used so far.</summary>
    public required ResourceUsage ResourceUsage { get; init; }

    /// <summary>Whether it is above any limit.</summary>
    public required bool LimitsExceeded { get; init; }

    /// <summary>The limits it is above, like <c>tokens: 200/100</c>; empty where there are none.</summary>
    public required IReadOnlyList<string> Violations { get; init; }

    internal static UsageView Of(Guest guest)
    {
        var violations = guest.Violations;
        return new()
        {
            Id = guest.Id.Value,
            ResourceUsage = guest.ResourceUsage,
            LimitsExceeded = violations.Count > 0,
            Violations = violations,
        };
    }
}

/// <summary>The end of a killed guest.</summary>
public sealed record KilledView
{
    /// <summary>The guest's ULID.</summary>
    public required string Id { get; init; }

    /// <summary>Always <c>revoked</c>.</summary>
    public required GuestStatus Status { get; init; }

    /// <summary>When its stay ended.</summary>
    public required DateTimeOffset? StoppedAt { get; init; }

    internal static KilledView Of(Guest guest) => new() { Id = guest.Id.Value, Status = guest.Status, StoppedAt = guest.StoppedAt };

    internal static KilledView Of(EndOutcome.EndedUnreadable ended) =>
        new() { Id = ended.GuestId.Value, Status = ended.Status, StoppedAt = ended.StoppedAt };
}
