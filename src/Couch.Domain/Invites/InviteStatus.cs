using System.Text.Json.Serialization;

namespace Couch.Domain.Invites;

/// <summary>The status of an invite. It starts <c>active</c> and leaves that status once, for good.</summary>
[GenerateSerializer, Alias("couch.InviteStatus")]
[JsonConverter(typeof(JsonStringEnumConverter<InviteStatus>))]
public enum InviteStatus
{
    /// <summary>Open: one guest may redeem it.</summary>
    [JsonStringEnumMemberName("active")] Active = 0,

    /// <summary>Redeemed by its one guest.</summary>
    [JsonStringEnumMemberName("redeemed")] Redeemed = 1,

    /// <summary>Revoked by a host before a guest redeemed it.</summary>
    [JsonStringEnumMemberName("revoked")] Revoked = 2,

    /// <summary>It was not redeemed in time.</summary>
    [JsonStringEnumMemberName("expired")] Expired = 3,
}
