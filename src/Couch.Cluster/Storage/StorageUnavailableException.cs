namespace Couch.Cluster.Storage;

/// <summary>
/// The database did not take or give a row, or gave no answer. What was asked may or may not have happened;
/// asking again is safe. The gateway answers 503 with <c>Retry-After</c>.
/// </summary>
[GenerateSerializer, Alias("couch.StorageUnavailableException")]
public sealed class StorageUnavailableException : Exception
{
    public StorageUnavailableException() { }

    public StorageUnavailableException(string message) : base(message) { }

    public StorageUnavailableException(string message, Exception inner) : base(message, inner) { }
}
