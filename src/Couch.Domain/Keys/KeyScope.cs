using System.Text.Json.Serialization;

namespace Couch.Domain.Keys;

/// <summary>A permission that a host key may have.</summary>
[GenerateSerializer, Alias("couch.KeyScope")]
[JsonConverter(typeof(JsonStringEnumConverter<KeyScope>))]
public enum KeyScope
{
    /// <summary>Make, show, list and revoke invites.</summary>
    [JsonStringEnumMemberName("invites")] Invites = 0,

    /// <summary>Show, list, activate, extend and end guests.</summary>
    [JsonStringEnumMemberName("guests")] Guests = 1,

    /// <summary>Report what a guest uses, which ends the guest when it is over a limit, and show one guest.</summary>
    [JsonStringEnumMemberName("meter")] Meter = 2,

    /// <summary>Make, show, list and revoke host keys.</summary>
    [JsonStringEnumMemberName("keys")] Keys = 3,

    /// <summary>
    /// Have VMs that the key's holder gives to guests by hand destroyed at the guests' ends. It opens no endpoint by itself.
    /// </summary>
    [JsonStringEnumMemberName("vms")] Vms = 4,

    /// <summary>Read the log of events, and follow it.</summary>
    [JsonStringEnumMemberName("events")] Events = 5,

    /// <summary>Make, show, list and delete webhooks.</summary>
    [JsonStringEnumMemberName("webhooks")] Webhooks = 6,
}
