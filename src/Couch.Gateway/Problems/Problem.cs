using System.Text.Json.Serialization;
using Couch.Domain.Guests;

namespace Couch.Gateway.Problems;

/// <summary>What every refusal and every failure looks like: RFC 9457, with the sentence where older clients look for it.</summary>
public sealed record Problem
{
    /// <summary>Always <c>about:blank</c>: the status code says what kind of problem it is.</summary>
    public string Type { get; } = "about:blank";

    /// <summary>The status code in words.</summary>
    public required string Title { get; init; }

    /// <summary>The status code.</summary>
    public required int Status { get; init; }

    /// <summary>What was wrong, and what can be done about it.</summary>
    public required string Detail { get; init; }

    /// <summary>What was wrong, in the sentence that the protocol fixes.</summary>
    public required string Error { get; init; }

    /// <summary>How the guest ended; only where its own, genuine token was shown.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public GuestStatus? GuestStatus { get; init; }

    /// <summary>Why the guest ended; only where its own, genuine token was shown.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public EndReason? EndReason { get; init; }
}
