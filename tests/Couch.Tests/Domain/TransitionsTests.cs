using System.Text.Json.Nodes;
using Couch.Domain.Events;
using Couch.Domain.Guests;
using Couch.Domain.Invites;
using Couch.Domain.Keys;
using Couch.Domain.Text;
using Couch.Domain.Vms;
using Couch.Tests.Support;
using Xunit;

namespace Couch.Tests.Domain;

/// <summary>Which events a write has: what distinguishes the state that is written from the one before.</summary>
public sealed class TransitionsTests
{
    private static readonly DateTimeOffset Now = Some.Time.AddHours(1);
    private static readonly Actor Key = new() { KeyId = HostKeyId.New(Some.Time, Some.Random), Name = "ci" };

    private static readonly Guest Waiting = Some.Guest();
    private static readonly Guest Running = Assert.IsType<ActivateOutcome.Activated>(Waiting.Activate("vm-1", "http://vm", Now, Key)).Guest;

    [Fact]
    public void An_invite_is_created_and_then_redeemed_revoked_or_expired()
    {
        var invite = Some.Invite() with { CreatedWith = Key };
        var created = Assert.Single(Transitions.Of(null, invite));
        Assert.Equal((EventType.InviteCreated, "noah", Key, invite.Id), (created.Type, created.Agent, created.By, created.Invite));
        Same(created, new { inviteId = invite.Id.Value, label = "test", expiresAt = invite.ExpiresAt.ToIso() });

        var redeemed = Some.Redeemed(invite, Now);
        var guest = redeemed.Redemption!.GuestId;
        var spent = Assert.Single(Transitions.Of(invite, redeemed));
        Assert.Equal(
            (EventType.InviteRedeemed, "noah", null, invite.Id, guest), (spent.Type, spent.Agent, spent.By, spent.Invite, spent.Guest));
        Same(spent, new { guestId = guest.Value, guestName = "guest-1", inviteId = invite.Id.Value });

        var revoked = Assert.IsType<RevokeOutcome.Revoked>(invite.Revoke(Now, Key)).Invite;
        var back = Assert.Single(Transitions.Of(invite, revoked));
        Assert.Equal((EventType.InviteRevoked, Key), (back.Type, back.By));
        Same(back, new { inviteId = invite.Id.Value, label = "test" });
        Assert.Equal(EventType.InviteExpired, Assert.Single(Transitions.Of(invite, invite.Expire())).Type);

        Assert.Empty(Transitions.Of(invite, invite));
        Assert.Empty(Transitions.Of(redeemed, redeemed));
    }

    [Fact]
    public void A_guest_without_a_provider_is_told_of_once_and_one_with_a_vm_ordered_is_not()
    {
        var arrived = Assert.Single(Transitions.Of(null, Waiting));
        Assert.Equal((EventType.ProvisionFailed, "guest-1"), (arrived.Type, arrived.Agent));
        Assert.Contains("VERS_API_KEY", (string)arrived.Payload["error"]!, StringComparison.Ordinal);
        Assert.Empty(Transitions.Of(Waiting, Waiting));
        Assert.Empty(Transitions.Of(null, Waiting.OrderVm("vers", Now)));
    }

    [Fact]
    public void A_guest_is_activated_extended_and_ends_in_its_own_way()
    {
        var activated = Assert.Single(Transitions.Of(Waiting, Running));
        Assert.Equal(
            (EventType.GuestActivated, Key, Waiting.InviteId, Waiting.Id),
            (activated.Type, activated.By, activated.Invite, activated.Guest));
        Same(activated, new { guestId = Waiting.Id.Value, guestName = "guest-1", vmId = "vm-1", agentEndpoint = "http://vm" });

        var extended = Assert.IsType<ExtendOutcome.Extended>(Running.Extend(1.5, Now, Key)).Guest;
        var longer = Assert.Single(Transitions.Of(Running, extended));
        Assert.Equal((EventType.GuestExtended, Key), (longer.Type, longer.By));
        Same(longer, new { guestId = Waiting.Id.Value, guestName = "guest-1", hours = 1.5, expiresAt = extended.ExpiresAt.ToIso() });

        var killed = Assert.Single(Transitions.Of(Running, Assert.IsType<EndOutcome.Ended>(Running.Kill(Now, Key)).Guest));
        Assert.Equal((EventType.GuestKilled, Key), (killed.Type, killed.By));
        Same(killed, new { guestId = Waiting.Id.Value, guestName = "guest-1", vmId = "vm-1" });

        var left = Assert.Single(Transitions.Of(Running, Assert.IsType<EndOutcome.Ended>(Running.CheckOut(Now)).Guest));
        Assert.Equal((EventType.GuestStopped, null), (left.Type, left.By));
        Same(
            left,
            new { guestId = Waiting.Id.Value, guestName = "guest-1", vmId = "vm-1", endReason = "checked-out", endDetail = (string?)null });

        var expired = Assert.Single(Transitions.Of(Waiting, Waiting.AsOf(Waiting.ExpiresAt)));
        Assert.Equal(EventType.GuestExpired, expired.Type);
        Same(expired, new { guestId = Waiting.Id.Value, guestName = "guest-1", vmId = (string?)null });
    }

    [Fact]
    public void One_limit_more_is_one_event_and_usage_below_it_is_none()
    {
        var guest = Running with { Enforcement = Enforcement.Report, ResourceLimits = Running.ResourceLimits with { MaxTokenBudget = 5 } };
        var below = guest.Report(new() { TokensUsed = 5 }, Now, Key).Guest;
        Assert.Empty(Transitions.Of(guest, below, Key));
        var above = below.Report(new() { TokensUsed = 6 }, Now, Key).Guest;
        var exceeded = Assert.Single(Transitions.Of(below, above, Key));
        Assert.Equal((EventType.GuestLimitsExceeded, Key), (exceeded.Type, exceeded.By));
        Same(exceeded, new { guestId = guest.Id.Value, guestName = "guest-1", violations = above.Violations });
        Assert.Empty(Transitions.Of(above, above.Report(new() { TokensUsed = 7 }, Now, Key).Guest, Key));

        var stopped = guest with { Enforcement = Enforcement.Stop };
        Assert.Equal(
            [EventType.GuestLimitsExceeded, EventType.GuestStopped],
            Transitions.Of(stopped, stopped.Report(new() { TokensUsed = 6 }, Now, Key).Guest, Key).Select(one => one.Type));
    }

    [Fact]
    public void A_vm_that_could_not_be_had_and_one_that_is_gone_are_told_of()
    {
        var ordered = Waiting.OrderVm("vers", Now);
        var failed = ordered with
        {
            Status = GuestStatus.Stopped, EndReason = EndReason.ProvisioningFailed, EndDetail = "no room", StoppedAt = Now,
        };
        Assert.Equal([EventType.ProvisionFailed, EventType.GuestStopped], Transitions.Of(ordered, failed).Select(one => one.Type));
        Same(Transitions.Of(ordered, failed).First(), new { guestId = Waiting.Id.Value, guestName = "guest-1", error = "no room" });

        var gone = failed with { Vm = failed.Vm with { Id = "vm-2", State = VmState.Destroyed, DestroyedAt = Now } };
        Same(
            Assert.Single(Transitions.Of(failed, gone)),
            new { guestId = Waiting.Id.Value, guestName = "guest-1", vmId = "vm-2", host = "vers", destroyedAt = Now.ToIso() });
        Assert.Empty(Transitions.Of(gone, gone));
    }

    [Fact]
    public void A_host_key_is_created_and_revoked()
    {
        var key = new HostKey
        {
            Id = HostKeyId.New(Some.Time, Some.Random), Name = "ci", Scopes = new() { Events = true }, CreatedWith = Key,
        };
        var created = Assert.Single(Transitions.Of(null, key));
        Assert.Equal((EventType.KeyCreated, Key, null), (created.Type, created.By, created.Agent));
        Same(created, new { keyId = key.Id.Value, name = "ci", scopes = new[] { "events" } });
        var revoked = Assert.Single(Transitions.Of(key, key.Revoke(Actor.Configured, Now)));
        Assert.Equal((EventType.KeyRevoked, Actor.Configured), (revoked.Type, revoked.By));
    }

    [Fact]
    public void The_end_of_a_guest_that_cannot_be_read_is_told_of_as_far_as_its_row_says()
    {
        var unreadable = UnreadableGuest.Of(Waiting.Id, """{"name":"Zoë","inviteId":7,"vm":{"id":"vm-9","host":"vers"}}""");
        var killed = Transitions.Ended(unreadable, GuestStatus.Revoked, EndReason.Killed, Key);
        Assert.Equal((EventType.GuestKilled, Key, null, Waiting.Id), (killed.Type, killed.By, killed.Invite, killed.Guest));
        Same(killed, new { guestId = Waiting.Id.Value, guestName = "Zoë", vmId = "vm-9" });
    }

    private static void Same(CouchEvent one, object payload)
    {
        var expected = System.Text.Json.JsonSerializer.SerializeToNode(payload);
        Assert.True(JsonNode.DeepEquals(expected, one.Payload), $"{expected} expected: {one.Payload}");
    }
}
