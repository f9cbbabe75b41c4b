using System.Text.Json.Nodes;
using Couch.Domain.Guests;
using Couch.Domain.Invites;
using Couch.Domain.Keys;

namespace Couch.Domain.Events;

/// <summary>A transition, as it goes into the log in the same commit as the state that it brings.</summary>
public sealed record CouchEvent
{
    /// <summary>What has happened.</summary>
    public required EventType Type { get; init; }

    /// <summary>An invite's <c>createdBy</c> or a guest's <c>name</c>; null for a host key's events.</summary>
    public required string? Agent { get; init; }

    /// <summary>The fields of <see cref="Type"/>, by the names that <c>/openapi/v1.json</c> gives them.</summary>
    public required JsonObject Payload { get; init; }

    /// <summary>By which host key it was done; null where no key did it.</summary>
    public Actor? By { get; init; }

    /// <summary>The invite, or the invite that brought the guest; null where there is none, or it is not known.</summary>
    public InviteId? Invite { get; init; }

    /// <summary>The guest; null where there is none.</summary>
    public GuestId? Guest { get; init; }
}
