namespace Couch.Cluster.Storage;

/// <summary>
/// The database did not take or give a row, or gave no answer. What was asked may or may not have happened;
/// asking again is safe. The gateway answers 503 with <c>Retry-After</c>.
/// </summary>
[GenerateSerializer, Alias("couch.StorageUnavailableException")]
public sealed class StorageUnavailableException : Exception
{
    /// <summary>No cause is given; the message is the runtime's default.</summary>
    public StorageUnavailableException() { }

    /// <summary><paramref name="message"/> says what is wrong, in a sentence for an operator, without secrets.</summary>
    public StorageUnavailableException(string message) : base(message) { }

    /// <summary><paramref name="message"/> contains no secret; <paramref name="inner"/> is the failure that caused it.</summary>
    public StorageUnavailableException(string message, Exception inner) : base(message, inner) { }
}
