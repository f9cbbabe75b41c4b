using System.Text;
using Couch.Cluster.Events;
using Couch.Domain.Events;
using Couch.Domain.Keys;
using Orleans.Core;
using Orleans.Storage;

namespace Couch.Cluster.Storage;

/// <summary>
/// A grain's only row. It is read on first use, not at activation: most grains are activated to create their row, and the insert
/// itself shows whether one exists. The state in memory follows the table and never leads it, except for what was
/// <see cref="Hold">held</see> on purpose.
/// </summary>
/// <param name="grain">The grain that owns the row.</param>
/// <param name="kind">One of <see cref="GrainKinds"/>: the row's name in the table.</param>
/// <param name="storage">Reads and writes it.</param>
/// <param name="database">Describes in words what went wrong.</param>
/// <param name="forget">Ends this activation: called when it is unknown what the table holds.</param>
/// <param name="rules">What is written with every state.</param>
/// <param name="records">Serializes the events that a write carries.</param>
/// <param name="changed">Called after each write.</param>
/// <param name="letGo">Receives the held state, when the table turns out to hold something else than expected.</param>
internal sealed class GrainRow<T>(
    IGrainContext grain, string kind, IGrainStorage storage, CouchDatabase database, Action forget,
    RowRules<T> rules, EventRecords records, Action? changed = null, Action<T>? letGo = null)
    where T : class
{
    /// <summary>
    /// Longer than a successful write takes: the timeouts of a connection and of a statement, in a group and then alone, and the wait
    /// between the two. A slower write, behind thousands, is detected all the same, but a reader may have seen it for a moment.
    /// </summary>
    private static readonly TimeSpan LongestWrite = TimeSpan.FromSeconds(30);

    private readonly StateStorageBridge<Stored<T>> state = new(kind, grain, storage);
    private Stored<T>? stored;
    private T? written;
    private T? current;
    private Task? reading;

    /// <summary>The state as the grain knows it; null while it has no row.</summary>
    /// <exception cref="InvalidOperationException">The row has neither been read nor made: nothing is known of it yet.</exception>
    public T? Current => IsKnown ? current : throw new InvalidOperationException($"the row of {grain.GrainId} has not been read");

    /// <summary>Whether the row has been read or made.</summary>
    public bool IsKnown { get; private set; }

    /// <summary>Whether the activation has a state that the table does not have.</summary>
    public bool IsHeld => !ReferenceEquals(current, written);

    /// <summary>When the row has its grain woken; null when it does not.</summary>
    public DateTimeOffset? WakeAt => stored?.WakeAt;

    /// <summary>
    /// The row's text, when it was read and holds no state that this version can read; otherwise null. The next read asks the table
    /// again.
    /// </summary>
    public string? Unreadable { get; private set; }

    /// <summary>The state as the grain knows it, read from the table the first time.</summary>
    /// <exception cref="StorageUnavailableException">The result is unknown.</exception>
    /// <exception cref="UnreadableRowException">
    /// There is a row, and no state of this version in it: see <see cref="Unreadable"/>.
    /// </exception>
    public async ValueTask<T?> Read()
    {
        while (!IsKnown)
            await (reading is { IsCompleted: false } ? reading : reading = ReadNow());
        return current;
    }

    /// <summary>
    /// Inserts the row unless there is one, which is then read. A row that has not been read is not looked up first, because the
    /// table refuses a second row by itself.
    /// </summary>
    /// <returns>False when there was one.</returns>
    /// <inheritdoc cref="Write"/>
    public async Task<bool> Make(T first)
    {
        // A read in progress would end after the write, with the old content.
        if (reading is not null)
            await Read();
        if (IsKnown && current is not null)
            return false;
        try
        {
            await Write(first);
            return true;
        }
        catch (InconsistentStateException) when (!IsKnown)
        {
            if (await Read() is null)
                throw;
            return false;
        }
    }

    /// <summary>Keeps <paramref name="next"/> in memory only; the next write includes it.</summary>
    public void Hold(T next) => current = next;

    /// <summary>
    /// Writes <paramref name="next"/>: durable once it returns; when it throws, <see cref="Current"/> is not
    /// <paramref name="next"/>.
    /// </summary>
    /// <exception cref="InconsistentStateException">
    /// Another activation has written this row. Let it escape: it ends this activation.
    /// </exception>
    /// <exception cref="StorageUnavailableException">The row was not written, or the outcome is unknown.</exception>
    /// <param name="by">The host key that requested the write, when the state does not say so; null: none.</param>
    public async Task Write(T next, Actor? by = null)
    {
        await Put(next, by);
        Know(next, next);
    }

    /// <summary>
    /// Writes a decision that was made while the row was open. From <paramref name="end"/> on every caller is told that it is over,
    /// whatever is in progress; so the decision is valid only when it is known to be written before that. When it is not,
    /// <paramref name="instead"/> is written after it, and memory never shows anything else.
    /// <para>
    /// Shortly before the end, the row is first written unchanged, which no reader can notice: a write that is slow, or queued
    /// behind another, is detected before the decision is in the table.
    /// </para>
    /// </summary>
    /// <param name="now">A clock that never goes back.</param>
    /// <returns>
    /// Whether the decision is valid. When it is not, <see cref="Current"/> is over: unchanged, or as <paramref name="instead"/>
    /// says.
    /// </returns>
    /// <inheritdoc cref="Write"/>
    public async Task<bool> WriteBefore(DateTimeOffset end, T decided, Func<T> instead, Func<DateTimeOffset> now)
    {
        if (end - now() <= LongestWrite)
        {
            await Write(current!);
            if (now() >= end)
                return false;
        }

        await Put(decided);
        var isInTime = now() < end;
        Know(decided, isInTime ? decided : instead());
        if (!isInTime)
            await Write(current!);
        return isInTime;
    }

    private Wake? Wake(DateTimeOffset? at) => at is { } moment ? new(moment, unchecked((int)grain.GrainId.GetUniformHashCode())) : null;

    private void Know(T table, T memory)
    {
        Set(table);
        current = memory;
        changed?.Invoke();
    }

    private async Task Put(T next, Actor? by = null, bool isRepeat = false)
    {
        var (wake, events) = (Wake(rules.NextMoment(next)), records.Of(rules.Events(written, next, by)));
        var writing = stored?.Followed(next, wake, events) ?? Stored<T>.Of(next, wake, events);
        try
        {
            state.State = writing;
            await state.WriteStateAsync();
        }
        catch (Exception failure) when (failure is not InconsistentStateException)
        {
            // The row may be written and only the reply lost: read it before reporting anything.
            var found = await Reread(failure);
            if (!next.Equals(found) || (state.RecordExists ? state.State.WakeAt : null) != wake?.At)
            {
                // The connection was lost before the write was done. If it is done after all, the row's version refuses the second
                // write.
                if (!isRepeat && Equals(found, written) && database.IsLostConnection(failure))
                {
                    await Put(next, by, isRepeat: true);
                    return;
                }

                if (!IsKnown || !Equals(found, written))
                    Follow(found);
                throw database.Unavailable(failure);
            }
        }

        stored = writing;
    }

    /// <summary>
    /// Writes the row once more when its moment would wake the grain too late, or every minute for nothing: the row was written by
    /// an older version, which arms reminders.
    /// </summary>
    /// <inheritdoc cref="Write"/>
    public async Task KeepWake(DateTimeOffset now)
    {
        if (Current is { } known && IsOff(WakeAt, rules.NextMoment(known)))
            await Write(known);

        bool IsOff(DateTimeOffset? says, DateTimeOffset? needs) =>
            says is null || needs is null ? says != needs : says > needs || (says <= now && needs > now + GrainWake.Period);
    }

    /// <summary>
    /// Whether the table holds another version of the row than this activation knows, which then ends. It is looked for when a tick
    /// is for another moment than the known row names. The row may have been inserted by an import, or by a write that timed out and
    /// was committed after the row was read again; then nothing else would tell a grain that its ticks keep in memory.
    /// </summary>
    /// <remarks>For grains whose writes never interleave with their ticks.</remarks>
    /// <exception cref="StorageUnavailableException">The table could not be read.</exception>
    public async Task<bool> IsOvertaken(TickStatus tick)
    {
        if (!IsKnown || tick.FirstTickTime == WakeAt?.UtcDateTime)
            return false;

        var table = new GrainState<Stored<T>>();
        await Ask(() => storage.ReadStateAsync(kind, grain.GrainId, table));
        if (table.RecordExists == stored is not null && (stored is null || table.ETag == state.Etag))
            return false;
        forget();
        return true;
    }

    /// <summary>
    /// Writes <paramref name="text"/> over the unreadable text that was read, if that is still in the row. The new text may be a
    /// state that this version can read, which the grain then knows.
    /// </summary>
    /// <param name="text">A JSON object.</param>
    /// <param name="wakeAt">When the grain must act next; null: never again.</param>
    /// <param name="events">What has happened.</param>
    /// <inheritdoc cref="Write"/>
    public async Task Overwrite(string text, DateTimeOffset? wakeAt, params IReadOnlyList<CouchEvent> events)
    {
        if (reading is { IsCompleted: false } underWay)
            await underWay.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        if (IsKnown)
            throw new StorageUnavailableException("the row has become readable meanwhile");
        await (reading = OverwriteNow(text, Stored<T>.Of(text, Wake(wakeAt), records.Of(events))));
    }

    /// <summary>Treats an unreadable row as absent: the next write replaces it.</summary>
    public void Disregard() => Set(null);

    /// <summary>Deletes the row: gone for good once this returns. A held state is discarded with it.</summary>
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
                throw database.Unavailable(failure);
        }

        stored = null;
        written = current = null;
        changed?.Invoke();
    }

    private async Task ReadNow()
    {
        await Ask(state.ReadStateAsync);
        Accept();
    }

    private async Task Ask(Func<Task> read)
    {
        try
        {
            await database.Twice(read);
        }
        catch (Exception failure)
        {
            throw database.Unavailable(failure);
        }
    }

    private async Task OverwriteNow(string text, Stored<T> writing)
    {
        try
        {
            state.State = writing;
            await state.WriteStateAsync();
        }
        catch (Exception failure) when (failure is not InconsistentStateException)
        {
            // It is unknown which of the two texts is in the row: the next activation reads it.
            forget();
            throw database.Unavailable(failure);
        }

        if (WhyUnreadable is not null)
        {
            Unreadable = text;
            return;
        }

        Accept();
        changed?.Invoke();
    }

    private T? Found => state.RecordExists ? state.State.State : null;

    /// <summary>Why the row that was read holds no state of this grain; null when it does, or when there is no row.</summary>
    private string? WhyUnreadable => state.RecordExists
        ? state.State.State is { } read ? StoredJson.WhyNotOf(read, grain.GrainId.Key.ToString()!) : state.State.Why ?? ""
        : null;

    /// <exception cref="UnreadableRowException">The row holds no state that can be read.</exception>
    private void Accept()
    {
        if (WhyUnreadable is { } why)
        {
            Unreadable = state.State.Unreadable ?? Encoding.UTF8.GetString(state.State.Write());
            throw new UnreadableRowException(kind, grain.GrainId.Key.ToString()!, why);
        }

        stored = state.RecordExists ? state.State : null;
        Set(Found);
    }

    private void Set(T? found)
    {
        written = current = found;
        IsKnown = true;
        Unreadable = null;
    }

    private void Follow(T? found)
    {
        var held = IsHeld ? current : null;
        stored = state.RecordExists ? state.State : null;
        Set(found);
        if (held is not null)
            letGo?.Invoke(held);
    }

    private async Task<T?> Reread(Exception failure)
    {
        try
        {
            database.Notice(failure);
            await database.Twice(state.ReadStateAsync);
            return WhyUnreadable is null ? Found : throw failure;
        }
        catch (Exception)
        {
            // It is unknown what the table holds: this activation must not answer again.
            forget();
            throw database.Unavailable(failure);
        }
    }
}
