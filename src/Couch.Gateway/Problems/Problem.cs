using System.Text.Json.Serialization;

namespace Couch.Gateway.Problems;

/// <summary>
/// The body of every refusal and every failure: RFC 9457, with the protocol's sentence in <c>error</c>, where older clients look
/// for it.
/// </summary>
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

    /// <summary>What was wrong, in the exact sentence that the protocol defines.</summary>
    public required string Error { get; init; }
}

/// <summary>
/// The answer to a guest's token that is refused. Only for the genuine token of a guest that has ended, it says how the guest
/// ended.
/// </summary>
/// <remarks>
/// The guest's status is called <c>guestStatus</c> here, because RFC 9457 uses <c>status</c> for the status code.
/// </remarks>
public sealed record EndedProblem : Problem
{
    /// <summary>
    /// How the guest ended: <c>stopped</c>, <c>expired</c> or <c>revoked</c>. Missing when the token is not genuine.
    /// </summary>
    public string? GuestStatus { get; init; }

    /// <summary>
    /// Why the guest ended: <c>expired</c>, <c>killed</c>, <c>limits-exceeded</c>, <c>provisioning-failed</c>, <c>vm-lost</c> or
    /// <c>checked-out</c>. Missing when the token is not genuine.
    /// </summary>
    public string? EndReason { get; init; }
}

/// <summary>This process should not be sent requests; <c>detail</c> says why.</summary>
public sealed record NotReadyProblem : Problem
{
    /// <summary>The state of its silo; <c>none</c> when a gateway reaches no silo. <c>active</c> means ready.</summary>
    public required string Silo { get; init; }

    /// <summary><c>ok</c>, or a sentence that says why the database does not answer.</summary>
    public required string Database { get; init; }

    /// <summary>
    /// A sentence that says which setting has been exchanged for a value that is refused; missing when none is refused.
    /// </summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Settings { get; init; }
}
