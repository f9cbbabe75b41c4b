using System.Text.Json.Nodes;
using Couch.Domain.Guests;
using Couch.Domain.Invites;
using Couch.Domain.Keys;
using Couch.Domain.Text;
using Couch.Domain.Vms;

namespace Couch.Domain.Events;

/// <summary>
/// The events of a write: what distinguishes the state that is written from the one that the table holds. Usage counters are
/// no events. Nothing else makes events, so that there is no state without its event and no event without its state.
/// </summary>
public static class Transitions
{
    private const string NoProvider =
        "No VM provider is configured: set VERS_API_KEY and GOLDEN_COMMIT_ID, or COUCH_DOCKER_IMAGE. Until then a guest waits for a host "
            + "to activate it";

    /// <summary>The events of the change from one state to the next.</summary>
    /// <param name="before">What the table holds; null where there is no row.</param>
    public static IEnumerable<CouchEvent> Of(Invite? before, Invite after)
    {
        if (before is null)
        {
            yield return After(EventType.InviteCreated, after.CreatedWith, new()
            {
                ["inviteId"] = after.Id.Value, ["label"] = after.Label, ["expiresAt"] = after.ExpiresAt.ToIso(),
            });
        }

        if (before?.Status == after.Status)
            yield break;
        switch (after.Status)
        {
            case InviteStatus.Redeemed when after.Redemption is { } redemption:
                yield return After(EventType.InviteRedeemed, null, new()
                {
                    ["guestId"] = redemption.GuestId.Value, ["guestName"] = redemption.GuestName, ["inviteId"] = after.Id.Value,
                }) with { Guest = redemption.GuestId };
                break;
            case InviteStatus.Revoked:
                yield return After(EventType.InviteRevoked, after.RevokedWith, Label());
                break;
            case InviteStatus.Expired:
                yield return After(EventType.InviteExpired, null, Label());
                break;
        }

        JsonObject Label() => new() { ["inviteId"] = after.Id.Value, ["label"] = after.Label };

        CouchEvent After(EventType type, Actor? by, JsonObject payload) =>
            new() { Type = type, Agent = after.CreatedBy, By = by, Payload = payload, Invite = after.Id };
    }

    /// <summary>The events of the change from one state to the next.</summary>
    /// <param name="before">What the table holds; null where there is no row.</param>
    /// <param name="by">By which host key usage was reported; whatever else a key does is kept in the state.</param>
    public static IEnumerable<CouchEvent> Of(Guest? before, Guest after, Actor? by = null)
    {
        if (before is null)
        {
            if (after is { IsStaying: true, Vm.State: VmState.None })
                yield return After(EventType.ProvisionFailed, null, ("error", NoProvider));
            yield break;
        }

        if (after.Violations.Count > before.Violations.Count)
        {
            yield return After(
                EventType.GuestLimitsExceeded, by ?? after.EndedWith,
                ("violations", new JsonArray([.. after.Violations.Select(violation => (JsonNode?)violation)])));
        }

        if (after.IsStaying && after.ExpiresAt > before.ExpiresAt)
        {
            yield return After(
                EventType.GuestExtended, after.ExtendedWith, ("hours", Math.Round((after.ExpiresAt - before.ExpiresAt).TotalHours, 6)),
                ("expiresAt", after.ExpiresAt.ToIso()));
        }

        if (before.Status is GuestStatus.Provisioning && after.Status is GuestStatus.Running)
        {
            yield return After(
                EventType.GuestActivated, after.ActivatedWith, ("vmId", after.VmId), ("agentEndpoint", after.AgentEndpoint));
        }

        if (after.Status != before.Status && !after.IsStaying)
        {
            if (after.EndReason is EndReason.ProvisioningFailed)
                yield return After(EventType.ProvisionFailed, null, ("error", after.EndDetail));
            yield return Ended(after.Id, after.InviteId, after.Name, after.VmId, after.Status, after.EndReason, after.EndDetail,
                after.EndedWith ?? after.KilledWith);
        }

        if (after.Vm.DestroyedAt is { } destroyedAt && before.Vm.DestroyedAt != destroyedAt)
            yield return Destroyed(after.Id, after.InviteId, after.Name, after.Vm.Id ?? after.VmId, after.Vm.Host, destroyedAt);

        CouchEvent After(EventType type, Actor? actor, params ReadOnlySpan<(string Name, JsonNode? Value)> fields) =>
            OfGuest(type, after.Id, after.InviteId, after.Name, actor, fields);
    }

    /// <summary>The events of the change from one state to the next.</summary>
    /// <param name="before">What the table holds; null where there is no row.</param>
    public static IEnumerable<CouchEvent> Of(HostKey? before, HostKey after)
    {
        if (before is null)
            yield return After(EventType.KeyCreated, after.CreatedWith);
        if (after.RevokedAt is not null && before?.RevokedAt is null)
            yield return After(EventType.KeyRevoked, after.RevokedWith);

        CouchEvent After(EventType type, Actor? by) => new()
        {
            Type = type,
            Agent = null,
            By = by,
            Payload = new()
            {
                ["keyId"] = after.Id.Value,
                ["name"] = after.Name,
                ["scopes"] = new JsonArray([.. after.Scopes.Each.Select(scope => (JsonNode?)scope.Word())]),
            },
        };
    }

    /// <summary>The end that is written into the row of a guest that this version cannot read.</summary>
    public static CouchEvent Ended(UnreadableGuest guest, GuestStatus status, EndReason reason, Actor? by) =>
        Ended(guest.Id, guest.InviteId, guest.Name, guest.VmId, status, reason, null, by);

    /// <summary>The receipt that is written into the row of a guest that this version cannot read.</summary>
    public static CouchEvent Destroyed(UnreadableGuest guest, DateTimeOffset at) =>
        Destroyed(guest.Id, guest.InviteId, guest.Name, guest.VmId, guest.VmProvider, at);

    private static CouchEvent Ended(
        GuestId id, InviteId? invite, string? name, string? vmId, GuestStatus status, EndReason? reason, string? detail, Actor? by) =>
        status switch
        {
            GuestStatus.Revoked => OfGuest(EventType.GuestKilled, id, invite, name, by, ("vmId", vmId)),
            GuestStatus.Expired => OfGuest(EventType.GuestExpired, id, invite, name, null, ("vmId", vmId)),
            _ => OfGuest(
                EventType.GuestStopped, id, invite, name, by, ("vmId", vmId), ("endReason", reason?.Word()), ("endDetail", detail)),
        };

    private static CouchEvent Destroyed(
        GuestId id, InviteId? invite, string? name, string? vmId, string? provider, DateTimeOffset at) =>
        OfGuest(EventType.VmDestroyed, id, invite, name, null, ("vmId", vmId), ("host", provider), ("destroyedAt", at.ToIso()));

    private static CouchEvent OfGuest(
        EventType type, GuestId id, InviteId? invite, string? name, Actor? by, params ReadOnlySpan<(string Name, JsonNode? Value)> fields)
    {
        var payload = new JsonObject { ["guestId"] = id.Value, ["guestName"] = name };
        foreach (var (field, value) in fields)
            payload[field] = value;
        return new() { Type = type, Agent = name, By = by, Payload = payload, Invite = invite, Guest = id };
    }
}
