using Orleans.Storage;

namespace Couch.Cluster.Storage;

/// <summary>
/// A grain's one row. Memory follows the table and never leads it, but for what was <see cref="Hold">held</see> on purpose.
/// </summary>
/// <param name="state">The row as Orleans loaded it.</param>
/// <param name="database">Says in words what went wrong.</param>
/// <param name="forget">Ends this activation: called when nobody can say what the table holds.</param>
/// <param name="changed">Called after each write.</param>
/// <param name="letGo">Given what was held, where the table has turned out to hold something else than was known.</param>
internal sealed class GrainRow<T>(
    IPersistentState<T> state, CouchDatabase database, Action forget, Action? changed = null, Action<T>? letGo = null) where T : class
{
    private T? written = state.RecordExists ? state.State : null;

    /// <summary>What the grain knows; null while it has no row.</summary>
    public T? Current { get; private set; } = state.RecordExists ? state.State : null;

    /// <summary>Whether memory has something the table does not.</summary>
    public bool IsHeld => !ReferenceEquals(Current, written);

    /// <summary>Takes <paramref name="next"/> into memory only; the next write carries it.</summary>
    public void Hold(T next) => Current = next;

    /// <summary>Writes <paramref name="next"/>: durable once it returns; where it throws, <see cref="Current"/> is not <paramref name="next"/>.</summary>
    /// <exception cref="InconsistentStateException">Another activation has written this row. Let it escape: it ends this activation.</exception>
    /// <exception cref="StorageUnavailableException">The row was not written, or nobody can say.</exception>
    public async Task Write(T next)
    {
        try
        {
            state.State = next;
            await state.WriteStateAsync();
        }
        catch (Exception failure) when (failure is not InconsistentStateException)
        {
            // The row may be there and only the reply lost: ask before saying anything.
            var found = await Reread(failure);
            if (!next.Equals(found))
            {
                if (!Equals(found, written))
                    Follow(found);
                throw Unavailable(failure);
            }
        }

        written = Current = next;
        changed?.Invoke();
    }

    /// <summary>Deletes the row: gone for good once this returns. What was held goes with it.</summary>
    /// <inheritdoc cref="Write"/>
    public async Task Delete()
    {
        try
        {
            await state.ClearStateAsync();
        }
        catch (Exception failure) when (failure is not InconsistentStateException)
        {
            if (await Reread(failure) is not null)
                throw Unavailable(failure);
        }

        written = Current = null;
        changed?.Invoke();
    }

    private void Follow(T? found)
    {
        var held = IsHeld ? Current : null;
        written = Current = found;
        if (held is not null)
            letGo?.Invoke(held);
    }

    private async Task<T?> Reread(Exception failure)
    {
        try
        {
            await state.ReadStateAsync();
            return state.RecordExists ? state.State : null;
        }
        catch (Exception)
        {
            // Nobody can say what the table holds: this memory must not answer again.
            forget();
            throw Unavailable(failure);
        }
    }

    private StorageUnavailableException Unavailable(Exception failure) =>
        new(database.Explain(failure), failure.GetBaseException());
}
