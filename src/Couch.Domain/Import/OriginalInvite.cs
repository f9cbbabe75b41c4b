using Couch.Domain.Guests;
using Couch.Domain.Invites;
using Couch.Domain.Text;
using Couch.Domain.Values;

namespace Couch.Domain.Import;

/// <summary>An invite as the original service stored it. Nothing in it is trusted.</summary>
public sealed record OriginalInvite
{
    /// <summary>Its id; a ULID, where it can come.</summary>
    public string? Id { get; init; }

    /// <summary>The code that it had. It is not kept.</summary>
    public string? Code { get; init; }

    /// <summary>Who invited.</summary>
    public string? CreatedBy { get; init; }

    /// <summary>What it was for.</summary>
    public string? Label { get; init; }

    /// <summary>A word of <see cref="InviteStatus"/>.</summary>
    public string? Status { get; init; }

    /// <summary>What its guest may use.</summary>
    public OriginalLimits? ResourceLimits { get; init; }

    /// <summary>What its guest may reach.</summary>
    public OriginalPermissions? Permissions { get; init; }

    /// <summary>When its time is up.</summary>
    public DateTimeOffset? ExpiresAt { get; init; }

    /// <summary>The guest that redeemed it.</summary>
    public string? GuestId { get; init; }

    /// <summary>The invite as this couch keeps it.</summary>
    /// <param name="guest">The guest that redeemed it and comes too; null where none does.</param>
    public ImportOutcome<Invite> ToInvite(Guest? guest, DateTimeOffset now)
    {
        if (!InviteId.TryParse(Id, out var id))
            return new ImportOutcome<Invite>.Left("its id is no ULID");
        if (id.CreatedAt > now)
            return new ImportOutcome<Invite>.Left("its id is of a time that is still to come");
        if (!Words.TryParse<InviteStatus>(Status ?? "", out var status))
            return new ImportOutcome<Invite>.Left($"its status '{Status}' is none of the protocol's");
        if (ExpiresAt is not { } end)
            return new ImportOutcome<Invite>.Left("it does not say when it expires");
        // Otherwise housekeeping would bring its guest once more.
        if (status is InviteStatus.Redeemed && guest is null)
            return new ImportOutcome<Invite>.Left("the guest that redeemed it does not come");

        var invite = new Invite
        {
            Id = id,
            CreatedBy = CreatedBy?.Trim() ?? "",
            Label = Label?.Trim() ?? "",
            ResourceLimits = (ResourceLimits ?? new()).Read(),
            Permissions = (Permissions ?? new()).Read(),
            Enforcement = Enforcement.Stop,
            Status = status,
            ExpiresAt = end.InWholeMilliseconds(),
            Redemption = status is InviteStatus.Redeemed
                ? new() { GuestId = guest!.Id, GuestName = guest.Name, PublicKey = guest.PublicKey }
                : null,
        };
        var wrong = Bounds.Required("createdBy", invite.CreatedBy, Bounds.MostName)
            ?? Bounds.Text("label", invite.Label, Bounds.MostLabel)
            ?? ResourceLimits?.WhyNot()
            ?? (invite.ExpiresAt > id.CreatedAt.AddHours(Invite.MostOpenHours)
                ? $"it is open for more than {Invite.MostOpenHours} hours"
                : null);
        return wrong is null ? new ImportOutcome<Invite>.Imported(invite) : new ImportOutcome<Invite>.Left(wrong);
    }
}
