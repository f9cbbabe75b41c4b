using System.Text.Json.Serialization;

namespace Couch.Domain.Webhooks;

/// <summary>Whether a webhook's events get through.</summary>
[GenerateSerializer, Alias("couch.WebhookState")]
[JsonConverter(typeof(JsonStringEnumConverter<WebhookState>))]
public enum WebhookState
{
    /// <summary>Nothing is wrong: events are delivered as they come.</summary>
    [JsonStringEnumMemberName("active")] Active = 0,

    /// <summary>The last attempt failed, and another follows.</summary>
    [JsonStringEnumMemberName("failing")] Failing = 1,

    /// <summary>No attempt follows until a host resumes it.</summary>
    [JsonStringEnumMemberName("parked")] Parked = 2,
}
