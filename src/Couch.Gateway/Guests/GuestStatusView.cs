using System.Diagnostics.CodeAnalysis;
using Couch.Domain.Guests;

namespace Couch.Gateway.Guests;

/// <summary>The status of a guest for its host: where its stay is, what it has used, and which limits it is above.</summary>
public sealed record GuestStatusView : HostGuestFacts
{
    [SetsRequiredMembers]
    private GuestStatusView(Guest guest) : base(guest)
    {
        var violations = guest.Violations;
        LimitsExceeded = violations.Count > 0;
        Violations = violations;
    }

    /// <summary>Whether it is above any limit.</summary>
    public required bool LimitsExceeded { get; init; }

    /// <summary>The limits it is above, like <c>tokens: 200/100</c>; empty when there are none.</summary>
    public required IReadOnlyList<string> Violations { get; init; }

    internal static GuestStatusView Of(Guest guest) => new(guest);
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

    /// <summary>The limits it is above, like <c>tokens: 200/100</c>; empty when there are none.</summary>
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
