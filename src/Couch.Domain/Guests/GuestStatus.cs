using System.Text.Json.Serialization;

namespace Couch.Domain.Guests;

/// <summary>
/// The status of a guest's stay: <c>provisioning → running → stopped | expired | revoked</c>. A stay may also end directly from
/// provisioning. The status of an ended guest never changes again.
/// </summary>
[GenerateSerializer, Alias("couch.GuestStatus")]
[JsonConverter(typeof(JsonStringEnumConverter<GuestStatus>))]
public enum GuestStatus
{
    /// <summary>Arrived; its VM is being provisioned, or a host has yet to activate it by hand.</summary>
    [JsonStringEnumMemberName("provisioning")] Provisioning = 0,

    /// <summary>Has a VM and an endpoint.</summary>
    [JsonStringEnumMemberName("running")] Running = 1,

    /// <summary>Ended by a limit, by the guest itself, or by a failure; the end reason says which.</summary>
    [JsonStringEnumMemberName("stopped")] Stopped = 2,

    /// <summary>Its time was up.</summary>
    [JsonStringEnumMemberName("expired")] Expired = 3,

    /// <summary>A host killed it.</summary>
    [JsonStringEnumMemberName("revoked")] Revoked = 4,
}

/// <summary>Why a guest ended.</summary>
[GenerateSerializer, Alias("couch.EndReason")]
[JsonConverter(typeof(JsonStringEnumConverter<EndReason>))]
public enum EndReason
{
    /// <summary>Its time was up.</summary>
    [JsonStringEnumMemberName("expired")] Expired = 0,

    /// <summary>A host used the kill switch.</summary>
    [JsonStringEnumMemberName("killed")] Killed = 1,

    /// <summary>It went over a limit under enforcement <c>stop</c>; the detail names the limits.</summary>
    [JsonStringEnumMemberName("limits-exceeded")] LimitsExceeded = 2,

    /// <summary>No VM could be had for it; the detail has the provider's words.</summary>
    [JsonStringEnumMemberName("provisioning-failed")] ProvisioningFailed = 3,

    /// <summary>Its VM vanished.</summary>
    [JsonStringEnumMemberName("vm-lost")] VmLost = 4,

    /// <summary>It left by itself.</summary>
    [JsonStringEnumMemberName("checked-out")] CheckedOut = 5,
}
