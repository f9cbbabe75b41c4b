using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Serialization;
using Couch.Domain.Guests;
using Couch.Domain.Text;
using Couch.Gateway.Access;

namespace Couch.Gateway.Guests;

/// <summary>What both a host and the guest itself are told of a guest. These fields come first, directly after the id.</summary>
public abstract record GuestFacts
{
    [SetsRequiredMembers]
    private protected GuestFacts(Guest guest)
    {
        Name = guest.Name;
        Status = guest.Status;
        VmId = guest.VmId;
        AgentEndpoint = guest.AgentEndpoint;
        ResourceUsage = guest.ResourceUsage;
        ResourceLimits = guest.ResourceLimits;
        ExpiresAt = guest.ExpiresAt;
    }

    /// <summary>The name that the guest gave itself.</summary>
    [JsonPropertyOrder(-2)]
    public required string Name { get; init; }

    /// <summary>The status of its stay, as of now.</summary>
    [JsonPropertyOrder(-2)]
    public required GuestStatus Status { get; init; }

    /// <summary>Its VM's id at the provider; null until it has one.</summary>
    [JsonPropertyOrder(-2)]
    public required string? VmId { get; init; }

    /// <summary>Where its agent is reached; null until it runs.</summary>
    [JsonPropertyOrder(-2)]
    public required string? AgentEndpoint { get; init; }

    /// <summary>What it has used so far.</summary>
    [JsonPropertyOrder(-2)]
    public required ResourceUsage ResourceUsage { get; init; }

    /// <summary>What it may use.</summary>
    [JsonPropertyOrder(-2)]
    public required ResourceLimits ResourceLimits { get; init; }

    /// <summary>When its stay expires.</summary>
    [JsonPropertyOrder(-2)]
    public required DateTimeOffset ExpiresAt { get; init; }
}

/// <summary>What a host is told of a guest, in every answer about one.</summary>
public abstract record HostGuestFacts : GuestFacts
{
    [SetsRequiredMembers]
    private protected HostGuestFacts(Guest guest) : base(guest)
    {
        Id = guest.Id.Value;
        CreatedAt = guest.CreatedAt;
        StoppedAt = guest.StoppedAt;
        EndReason = guest.EndReason?.Word();
        EndDetail = guest.EndDetail;
        EndedWith = ActorView.OfOrNull(guest.EndedWith ?? guest.KilledWith);
        Vm = VmView.Of(guest.Vm);
    }

    /// <summary>Its ULID.</summary>
    [JsonPropertyOrder(-3)]
    public required string Id { get; init; }

    /// <summary>When it arrived.</summary>
    [JsonPropertyOrder(-1)]
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>When its stay ended; null while staying.</summary>
    [JsonPropertyOrder(-1)]
    public required DateTimeOffset? StoppedAt { get; init; }

    /// <summary>
    /// Why its stay ended: <c>expired</c>, <c>killed</c>, <c>limits-exceeded</c>, <c>provisioning-failed</c>, <c>vm-lost</c> or
    /// <c>checked-out</c>; null while staying.
    /// </summary>
    [JsonPropertyOrder(-1)]
    public required string? EndReason { get; init; }

    /// <summary>Details of the end, if there are any.</summary>
    [JsonPropertyOrder(-1)]
    public required string? EndDetail { get; init; }

    /// <summary>The host key whose kill or usage report ended it; null while staying, and when no key ended it.</summary>
    [JsonPropertyOrder(-1)]
    public required ActorView? EndedWith { get; init; }

    /// <summary>The VM's own record.</summary>
    [JsonPropertyOrder(-1)]
    public required VmView Vm { get; init; }
}
