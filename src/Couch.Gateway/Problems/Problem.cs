namespace Couch.Gateway.Problems;

/// <summary>What every refusal and every failure looks like: RFC 9457, with the sentence where older clients look for it.</summary>
public record Problem
{
    /// <summary>Always <c>about:blank</c>: the status code says what kind of problem it is.</summary>
    public string Type { get; init; } = "about:blank";

    /// <summary>The status code in words.</summary>
    public required string Title { get; init; }

    /// <summary>The status code.</summary>
    public required int Status { get; init; }

    /// <summary>What was wrong, and what can be done about it.</summary>
    public required string Detail { get; init; }

    /// <summary>What was wrong, in the sentence that the protocol fixes.</summary>
    public required string Error { get; init; }
}

/// <summary>The genuine token of a guest that has ended: the one stranger who is told how.</summary>
/// <remarks>The guest's status has a name of its own here: RFC 9457 has taken <c>status</c> for the status code.</remarks>
public sealed record EndedProblem : Problem
{
    /// <summary>How the guest ended: <c>stopped</c>, <c>expired</c> or <c>revoked</c>. Missing where the token is not genuine.</summary>
    public string? GuestStatus { get; init; }

    /// <summary>
    /// Why the guest ended: <c>expired</c>, <c>killed</c>, <c>limits-exceeded</c>, <c>provisioning-failed</c>, <c>vm-lost</c> or
    /// <c>checked-out</c>. Missing where the token is not genuine.
    /// </summary>
    public string? EndReason { get; init; }
}

/// <summary>This process should be sent no requests; <c>detail</c> says why.</summary>
public sealed record NotReadyProblem : Problem
{
    /// <summary>The state of its silo, <c>none</c> where a gateway reaches none; <c>active</c> is ready.</summary>
    public required string Silo { get; init; }

    /// <summary><c>ok</c>, or a sentence on why the database does not answer.</summary>
    public required string Database { get; init; }
}
