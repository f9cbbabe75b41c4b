using Couch.Domain.Events;
using Couch.Domain.Keys;

namespace Couch.Cluster.Storage;

/// <summary>What is written with every state of a grain, in the same commit.</summary>
internal sealed record RowRules<T> where T : class
{
    /// <summary>When the grain must act next, as of now; null: never again.</summary>
    public Func<T, DateTimeOffset?> NextMoment { get; init; } = _ => null;

    /// <summary>
    /// The events of a write. The arguments are what the table holds (null for nothing), what is written, and the host key that
    /// requested the write when the state does not say so.
    /// </summary>
    public Func<T?, T, Actor?, IEnumerable<CouchEvent>> Events { get; init; } = (_, _, _) => [];
}
