using System.Text.Json.Serialization;

namespace Couch.Domain.Guests;

/// <summary>What happens when a guest exceeds a limit. The limit of its duration is enforced in either case.</summary>
[GenerateSerializer, Alias("couch.Enforcement")]
[JsonConverter(typeof(JsonStringEnumConverter<Enforcement>))]
public enum Enforcement
{
    /// <summary>The guest is stopped, with end reason <c>limits-exceeded</c>. The default.</summary>
    [JsonStringEnumMemberName("stop")] Stop = 0,

    /// <summary>The guest stays; the limit is named in its violations and in the event.</summary>
    [JsonStringEnumMemberName("report")] Report = 1,
}
