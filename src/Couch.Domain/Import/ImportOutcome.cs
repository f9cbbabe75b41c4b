namespace Couch.Domain.Import;

/// <summary>What becomes of a row of the original service's file.</summary>
public abstract record ImportOutcome<T> where T : class
{
    private ImportOutcome()
    {
    }

    /// <summary>It is imported, as this state.</summary>
    public sealed record Imported(T State) : ImportOutcome<T>;

    /// <summary>It cannot be imported.</summary>
    /// <param name="Why">A sentence without its subject, such as <c>its id is no ULID</c>.</param>
    public sealed record Left(string Why) : ImportOutcome<T>;
}
