namespace Couch.Client;

/// <summary>The body of a refusal or a failure, as RFC 9457 defines it, with the couch's own fields.</summary>
public sealed record CouchProblem
{
    /// <summary>Always <c>about:blank</c>: the status code says what kind of problem it is.</summary>
    public string? Type { get; init; }

    /// <summary>The status code in words.</summary>
    public string? Title { get; init; }

    /// <summary>The status code.</summary>
    public int? Status { get; init; }

    /// <summary>What was wrong, and what can be done about it.</summary>
    public string? Detail { get; init; }

    /// <summary>What was wrong, in the exact sentence that the protocol defines.</summary>
    public string? Error { get; init; }

    /// <summary>How the guest ended, see <see cref="Client.GuestStatus"/>: only for the genuine token of a guest that has ended.</summary>
    public string? GuestStatus { get; init; }

    /// <summary>Why the guest ended, see <see cref="Client.EndReason"/>: only for the genuine token of a guest that has ended.</summary>
    public string? EndReason { get; init; }

    /// <summary>The state of a node's silo: only where the node is not ready.</summary>
    public string? Silo { get; init; }

    /// <summary><c>ok</c>, or why the database does not answer: only where a node is not ready.</summary>
    public string? Database { get; init; }

    /// <summary>Which setting has been exchanged for a value that is refused: only where a node is not ready.</summary>
    public string? Settings { get; init; }
}
