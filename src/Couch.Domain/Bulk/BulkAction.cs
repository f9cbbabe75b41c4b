using System.Text.Json.Serialization;

namespace Couch.Domain.Bulk;

/// <summary>What a bulk order does to each of many.</summary>
[GenerateSerializer, Alias("couch.BulkAction")]
[JsonConverter(typeof(JsonStringEnumConverter<BulkAction>))]
public enum BulkAction
{
    /// <summary>Kills guests.</summary>
    [JsonStringEnumMemberName("kill-guests")] KillGuests = 0,

    /// <summary>Revokes invites.</summary>
    [JsonStringEnumMemberName("revoke-invites")] RevokeInvites = 1,
}
