using System.Text.Json.Serialization;

namespace Couch.Domain.Webhooks;

/// <summary>Whether a webhook's events are delivered.</summary>
[GenerateSerializer, Alias("couch.WebhookState")]
[JsonConverter(typeof(JsonStringEnumConverter<WebhookState>))]
public enum WebhookState
{
    /// <summary>The last attempt succeeded, or there was none yet.</summary>
    [JsonStringEnumMemberName("active")] Active = 0,

    /// <summary>The last attempt failed, and another follows.</summary>
    [JsonStringEnumMemberName("failing")] Failing = 1,

    /// <summary>There are no more attempts until a host resumes the webhook.</summary>
    [JsonStringEnumMemberName("parked")] Parked = 2,
}
