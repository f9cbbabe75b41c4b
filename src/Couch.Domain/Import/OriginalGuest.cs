using Couch.Domain.Guests;
using Couch.Domain.Invites;
using Couch.Domain.Text;
using Couch.Domain.Values;
using Couch.Domain.Vms;

namespace Couch.Domain.Import;

/// <summary>A guest as the original service stored it. Nothing in it is trusted.</summary>
public sealed record OriginalGuest
{
    /// <summary>Its id; a ULID, where it can come.</summary>
    public string? Id { get; init; }

    /// <summary>What it is called.</summary>
    public string? Name { get; init; }

    /// <summary>One OpenSSH public key.</summary>
    public string? PublicKey { get; init; }

    /// <summary>A word of <see cref="GuestStatus"/>.</summary>
    public string? Status { get; init; }

    /// <summary>The VM that it was given.</summary>
    public string? VmId { get; init; }

    /// <summary>Where its agent is reached.</summary>
    public string? AgentEndpoint { get; init; }

    /// <summary>The invite that brought it.</summary>
    public string? InviteId { get; init; }

    /// <summary>The token that it had. It is not kept.</summary>
    public string? AuthToken { get; init; }

    /// <summary>What it may use.</summary>
    public OriginalLimits? ResourceLimits { get; init; }

    /// <summary>What it may reach.</summary>
    public OriginalPermissions? Permissions { get; init; }

    /// <summary>What it has used.</summary>
    public OriginalUsage? ResourceUsage { get; init; }

    /// <summary>When its time is up.</summary>
    public DateTimeOffset? ExpiresAt { get; init; }

    /// <summary>When it ended.</summary>
    public DateTimeOffset? StoppedAt { get; init; }

    /// <summary>The guest as this couch keeps it.</summary>
    /// <param name="provider">The name of this couch's VM provider; null where it has none.</param>
    public ImportOutcome<Guest> ToGuest(string? provider, DateTimeOffset now)
    {
        if (!GuestId.TryParse(Id, out var id))
            return new ImportOutcome<Guest>.Left("its id is no ULID");
        if (id.CreatedAt > now)
            return new ImportOutcome<Guest>.Left("its id is of a time that is still to come");
        if (!Invites.InviteId.TryParse(InviteId, out var invite))
            return new ImportOutcome<Guest>.Left("the id of its invite is no ULID");
        if (!Words.TryParse<GuestStatus>(Status ?? "", out var status))
            return new ImportOutcome<Guest>.Left($"its status '{Status}' is none of the protocol's");
        if (ExpiresAt is not { } end)
            return new ImportOutcome<Guest>.Left("it does not say when it expires");
        if (ResourceLimits?.WhyNot() is { } limit)
            return new ImportOutcome<Guest>.Left(limit);

        var arrived = Arrived(id, invite) with
        {
            ExpiresAt = end.InWholeMilliseconds(),
            ResourceUsage = (ResourceUsage ?? new()).Read(),
        };
        // The original only named a limit that was exceeded: nobody is ended by the move.
        if (arrived.Violations.Count > 0)
            arrived = arrived with { Enforcement = Enforcement.Report };
        var guest = As(status, arrived, provider, now);
        return WhyNot(guest, now) is { } wrong ? new ImportOutcome<Guest>.Left(wrong) : new ImportOutcome<Guest>.Imported(guest);
    }

    private Guest Arrived(GuestId id, InviteId invite) => Guest.Arriving(id, new()
    {
        InviteId = invite,
        GuestName = Name?.Trim() ?? "",
        PublicKey = string.IsNullOrWhiteSpace(PublicKey) ? null : PublicKey.Trim(),
        ResourceLimits = (ResourceLimits ?? new()).Read(),
        Permissions = (Permissions ?? new()).Read(),
        Enforcement = Enforcement.Stop,
    });

    private Guest As(GuestStatus status, Guest arrived, string? provider, DateTimeOffset now) => status switch
    {
        // The moment says that no attempt of an earlier grain is lost.
        GuestStatus.Provisioning => provider is null
            ? arrived
            : arrived with { Vm = new() { Host = provider, State = VmState.Requested, RequestedAt = now, NotBefore = now } },
        // As after an activation by hand: the end of the stay destroys the VM.
        GuestStatus.Running => arrived with
        {
            Status = status,
            VmId = VmId?.Trim(),
            AgentEndpoint = AgentEndpoint?.Trim(),
            GiverMayDestroy = true,
            Vm = new() { Host = provider },
        },
        _ => arrived with
        {
            Status = status,
            VmId = VmId?.Trim(),
            AgentEndpoint = AgentEndpoint?.Trim(),
            StoppedAt = (StoppedAt ?? (arrived.ExpiresAt < now ? arrived.ExpiresAt : now)).InWholeMilliseconds(),
            EndReason = status switch
            {
                GuestStatus.Expired => EndReason.Expired,
                GuestStatus.Revoked => EndReason.Killed,
                // The original did not say why.
                _ => null,
            },
        },
    };

    private static string? WhyNot(Guest guest, DateTimeOffset now) =>
        Bounds.Required("name", guest.Name, Bounds.MostName)
        ?? Bounds.Text("publicKey", guest.PublicKey, Bounds.MostPublicKey)
        ?? VmText("vmId", guest, guest.VmId)
        ?? VmText("agentEndpoint", guest, guest.AgentEndpoint)
        ?? (guest.StoppedAt < guest.CreatedAt || guest.StoppedAt > now ? "it does not end between its arrival and now" : null)
        ?? (guest.ExpiresAt > guest.CreatedAt.AddWholeHours(Guests.ResourceLimits.MostHours)
            ? $"its stay is of more than {Guests.ResourceLimits.MostHours} hours"
            : null);

    private static string? VmText(string name, Guest guest, string? text) => guest.Status is GuestStatus.Running
        ? Bounds.Required(name, text, Bounds.MostVmText)
        : Bounds.Text(name, text, Bounds.MostVmText);
}
