using System.Text.Json.Serialization;

namespace Couch.Domain.Events;

/// <summary>What an event says has happened.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<EventType>))]
public enum EventType
{
    /// <summary>A host made an invite.</summary>
    [JsonStringEnumMemberName("couch.invite.created")] InviteCreated = 0,

    /// <summary>A guest spent an invite.</summary>
    [JsonStringEnumMemberName("couch.invite.redeemed")] InviteRedeemed = 1,

    /// <summary>A host took an invite back.</summary>
    [JsonStringEnumMemberName("couch.invite.revoked")] InviteRevoked = 2,

    /// <summary>The end of an invite's time was recorded.</summary>
    [JsonStringEnumMemberName("couch.invite.expired")] InviteExpired = 3,

    /// <summary>A guest began to run.</summary>
    [JsonStringEnumMemberName("couch.guest.activated")] GuestActivated = 4,

    /// <summary>A host ended a stay.</summary>
    [JsonStringEnumMemberName("couch.guest.killed")] GuestKilled = 5,

    /// <summary>The end of a stay's time was recorded.</summary>
    [JsonStringEnumMemberName("couch.guest.expired")] GuestExpired = 6,

    /// <summary>A stay ended in another way.</summary>
    [JsonStringEnumMemberName("couch.guest.stopped")] GuestStopped = 7,

    /// <summary>A host gave a guest more time.</summary>
    [JsonStringEnumMemberName("couch.guest.extended")] GuestExtended = 8,

    /// <summary>A guest is above one more of its limits.</summary>
    [JsonStringEnumMemberName("couch.guest.limits_exceeded")] GuestLimitsExceeded = 9,

    /// <summary>No VM could be had for a guest.</summary>
    [JsonStringEnumMemberName("couch.provision.failed")] ProvisionFailed = 10,

    /// <summary>The provider has confirmed that nothing of a guest's VM is left.</summary>
    [JsonStringEnumMemberName("couch.vm.destroyed")] VmDestroyed = 11,

    /// <summary>A host key was made.</summary>
    [JsonStringEnumMemberName("couch.key.created")] KeyCreated = 12,

    /// <summary>A host key was revoked.</summary>
    [JsonStringEnumMemberName("couch.key.revoked")] KeyRevoked = 13,
}
