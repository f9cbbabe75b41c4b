using System.Text.Json.Serialization;

namespace Couch.Domain.Guests;

/// <summary>What happens to a guest over a limit. Its duration is enforced either way.</summary>
[GenerateSerializer, Alias("couch.Enforcement")]
[JsonConverter(typeof(JsonStringEnumConverter<Enforcement>))]
public enum Enforcement
{
    /// <summary>It is stopped, with end reason <c>limits-exceeded</c>. The default.</summary>
    [JsonStringEnumMemberName("stop")] Stop = 0,

    /// <summary>It stays; the limit is named in its violations and in the event.</summary>
    [JsonStringEnumMemberName("report")] Report = 1,
}
