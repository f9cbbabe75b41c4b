namespace Couch.Cluster.Storage;

/// <summary>
/// The database returned a row that this version cannot read: a newer version's, a damaged one, or one that was edited by hand.
/// Nothing has happened, and asking again changes nothing until the row has been repaired. The gateway answers 503 and says so.
/// </summary>
[GenerateSerializer, Alias("couch.UnreadableRowException")]
public sealed class UnreadableRowException : Exception
{
    /// <summary>No row is named: <see cref="Kind"/> is empty, and the message is the runtime's default.</summary>
    public UnreadableRowException() { }

    /// <summary><paramref name="message"/> says which row it is; <see cref="Kind"/> is empty.</summary>
    public UnreadableRowException(string message) : base(message) { }

    /// <summary><paramref name="message"/> says which row it is, <paramref name="inner"/> why; <see cref="Kind"/> is empty.</summary>
    public UnreadableRowException(string message, Exception inner) : base(message, inner) { }

    /// <param name="kind">One of <see cref="GrainKinds"/>.</param>
    /// <param name="why">What is wrong with it; null when that is unknown.</param>
    public UnreadableRowException(string kind, string key, string? why)
        : base($"the stored row of {kind} {key} cannot be read by this version of the couch: {why}") => Kind = kind;

    /// <summary>One of <see cref="GrainKinds"/>.</summary>
    [Id(0)] public string Kind { get; private set; } = "";
}
