using System.Text.Json.Serialization;

namespace Couch.Domain.Keys;

/// <summary>One thing a host key may be good for.</summary>
[GenerateSerializer, Alias("couch.KeyScope")]
[JsonConverter(typeof(JsonStringEnumConverter<KeyScope>))]
public enum KeyScope
{
    /// <summary>Make, show, list and take back invites.</summary>
    [JsonStringEnumMemberName("invites")] Invites = 0,

    /// <summary>Show, list, activate, extend and end guests.</summary>
    [JsonStringEnumMemberName("guests")] Guests = 1,

    /// <summary>Report what a guest uses, which ends it where that is over a limit, and show one guest.</summary>
    [JsonStringEnumMemberName("meter")] Meter = 2,

    /// <summary>Make, show, list and revoke host keys.</summary>
    [JsonStringEnumMemberName("keys")] Keys = 3,

    /// <summary>Have VMs that its holder gives to guests by hand destroyed at their ends. Opens no endpoint by itself.</summary>
    [JsonStringEnumMemberName("vms")] Vms = 4,

    /// <summary>Read the log of events, and follow it.</summary>
    [JsonStringEnumMemberName("events")] Events = 5,

    /// <summary>Make, show, list and delete webhooks.</summary>
    [JsonStringEnumMemberName("webhooks")] Webhooks = 6,
}
