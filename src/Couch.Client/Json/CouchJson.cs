using System.Text.Json;

namespace Couch.Client;

/// <summary>How the client reads and writes JSON.</summary>
public static class CouchJson
{
    /// <summary>
    /// Options that read and write every answer of the couch as the protocol spells it, without reflection: for programs that store
    /// answers, or hand them on. A secret in an answer is written in full. They cannot be changed.
    /// </summary>
    public static JsonSerializerOptions Answers { get; } = Json.AnswerJson.Default.Options;
}
