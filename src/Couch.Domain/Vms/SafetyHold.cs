using System.Text.Json.Serialization;

namespace Couch.Domain.Vms;

/// <summary>Why a sweep does nothing: what it sees is less likely to be true than to be an error.</summary>
[GenerateSerializer, Alias("couch.SafetyHold")]
[JsonConverter(typeof(JsonStringEnumConverter<SafetyHold>))]
public enum SafetyHold
{
    /// <summary>More than three VMs and more than a tenth vanished at once: no guest is verified, and none loses its VM.</summary>
    [JsonStringEnumMemberName("many-vanished")] ManyVanished = 0,

    /// <summary>
    /// VMs carry this couch's claim for guests it does not know: its database is older than its VMs. They stay, and so do unclaimed ones.
    /// </summary>
    [JsonStringEnumMemberName("unknown-guests")] UnknownGuests = 1,

    /// <summary>An account declared to be this couch's alone has another couch's VMs: unclaimed ones stay.</summary>
    [JsonStringEnumMemberName("shared-account")] SharedAccount = 2,
}
