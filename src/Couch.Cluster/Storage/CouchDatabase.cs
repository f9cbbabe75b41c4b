using System.Data.Common;
using System.Globalization;
using System.Net.Sockets;
using Couch.Cluster.Storage.Postgres;
using Couch.Cluster.Storage.Sqlite;

namespace Couch.Cluster.Storage;

/// <summary>The database of a node: one schema, two engines. Owns its data sources; the code that opens it disposes it.</summary>
public abstract class CouchDatabase(TimeProvider clock) : IAsyncDisposable
{
    // A readiness probe usually times out after a second, and would then take every node for dead.
    private static readonly TimeSpan ReadyWithin = TimeSpan.FromMilliseconds(500);

    /// <summary>The tolerated difference between nodes' clocks.</summary>
    private static readonly TimeSpan Tolerated = TimeSpan.FromSeconds(3);

    private readonly Lock asking = new();
    private Task<string?>? lastAnswer;
    private DatabaseTime? theirs;

    /// <summary>Opens the database that <paramref name="options"/> name. Nothing is changed yet; see <see cref="Upgrade"/>.</summary>
    /// <param name="clock">For waits and for the holder's start; null is the system's.</param>
    /// <exception cref="Configuration.SettingsException">It cannot be used at all: the message says why and what to do.</exception>
    public static CouchDatabase Open(CouchOptions options, TimeProvider? clock = null) =>
        options.Postgres is { } connectionString
            ? new PostgresDatabase(connectionString, options.DatabaseConnections, clock) { ReminderHorizon = options.ReminderHorizon }
            : SqliteDatabase.Open(options.DataFolder, clock, options.ReminderHorizon);

    /// <summary>Orleans' name for the ADO.NET client.</summary>
    public abstract string Invariant { get; }

    /// <summary>Where the data is, as an operator would say it; no password in it.</summary>
    public abstract string Where { get; }

    /// <summary>Connections for writers, Orleans' providers included.</summary>
    public abstract DbDataSource Writes { get; }

    /// <summary>Connections for readers: they never queue behind a writer.</summary>
    public abstract DbDataSource Reads { get; }

    /// <summary>
    /// The statement that numbers committed events, at most @most of them, also those that were drawn long ago if it is @thorough. It
    /// returns the highest number there is, how many were numbered now, and the database's time in microseconds since 1970.
    /// </summary>
    internal abstract string NumberEvents { get; }

    /// <summary>The statement that makes a grain's first row and returns its id, or does nothing where there is one.</summary>
    internal abstract string InsertRow { get; }

    /// <inheritdoc cref="CouchOptions.ReminderHorizon"/>
    /// <remarks>Written into the schema by the first <see cref="Upgrade"/>.</remarks>
    public TimeSpan ReminderHorizon { get; init; } = CouchOptions.DefaultReminderHorizon;

    /// <summary>Measures waits, timeouts and elapsed times; not the database's own clock.</summary>
    protected TimeProvider Clock => clock;

    /// <summary>Brings the schema up to this version, under a lock: any number of nodes may start at once on an empty database.</summary>
    /// <exception cref="Configuration.SettingsException">It cannot be upgraded: the message says why and what to do.</exception>
    public abstract Task Upgrade(CancellationToken cancel);

    /// <summary>
    /// Null when the database answers within half a second and accepts writes; otherwise the reason, in a sentence without secrets.
    /// </summary>
    /// <remarks>
    /// A caller's cancellation is not passed to the database: a driver that is told to cancel may block its thread, and the
    /// caller's, for seconds. The check runs to its own end, and no second one starts before that, however many callers ask.
    /// </remarks>
    public async Task<string?> WhyNotReady(CancellationToken cancel)
    {
        Task<string?> answer;
        lock (asking)
        {
            if (lastAnswer is not { IsCompleted: false })
                lastAnswer = Task.Run(WhyNoAnswer, CancellationToken.None);
            answer = lastAnswer;
        }

        try
        {
            return await answer.WaitAsync(ReadyWithin, clock, cancel);
        }
        catch (TimeoutException)
        {
            return $"{Where} does not answer within {ReadyWithin.TotalMilliseconds:0} ms";
        }
    }

    /// <summary>
    /// Runs <paramref name="work"/>, a read or a write that may be repeated, and repeats it once when its connection was lost, as
    /// an idle one may be. Any other failure of the database becomes a <see cref="StorageUnavailableException"/>.
    /// </summary>
    public async Task<T> Guard<T>(Func<Task<T>> work)
    {
        try
        {
            return await Twice(work);
        }
        catch (Exception failure) when (failure is DbException or TimeoutException or IOException or SocketException)
        {
            throw Unavailable(failure);
        }
    }

    /// <summary>Runs <paramref name="work"/>, and repeats it once when its connection was lost.</summary>
    internal async Task<T> Twice<T>(Func<Task<T>> work)
    {
        try
        {
            return await work();
        }
        catch (Exception failure) when (IsLostConnection(failure))
        {
            Notice(failure);
            return await work();
        }
    }

    /// <inheritdoc cref="Twice{T}"/>
    internal Task Twice(Func<Task> work) => Twice(async () =>
    {
        await work();
        return true;
    });

    /// <summary>The exception for a caller whose request <paramref name="failure"/> has prevented.</summary>
    internal StorageUnavailableException Unavailable(Exception failure)
    {
        Notice(failure);
        return new(Explain(failure), failure.GetBaseException());
    }

    /// <summary>Handles a failure: connections that it shows to be unusable are not used again.</summary>
    internal virtual void Notice(Exception failure)
    {
    }

    /// <summary>Whether <paramref name="failure"/> means that a connection is lost, so that another may work.</summary>
    internal virtual bool IsLostConnection(Exception failure) => false;

    /// <summary>What is wrong with the database, in a sentence for an operator, without secrets.</summary>
    public abstract string Explain(Exception failure);

    /// <inheritdoc/>
    public abstract ValueTask DisposeAsync();

    /// <summary>Whether <paramref name="node"/> and the database's clock differ by seconds, as far as the database was asked.</summary>
    /// <returns>A sentence; null when they agree, or there is only one clock.</returns>
    public string? WhyClockIsWrong(TimeProvider node)
    {
        if (theirs is not { } sample)
            return null;
        var ahead = node.GetUtcNow() - (sample.Time + Clock.GetElapsedTime(sample.At));
        return ahead.Duration() <= Tolerated ? null : string.Create(
            CultureInfo.InvariantCulture,
            $"This node's clock is {ahead.Duration().TotalSeconds:0} s {(ahead > TimeSpan.Zero ? "ahead of" : "behind")} the database's: "
                + $"guests' times end {(ahead > TimeSpan.Zero ? "too early" : "too late")} here. Set it by NTP");
    }

    /// <summary>Records the database's clock, if the answer came soon enough to be meaningful.</summary>
    /// <param name="asked">The timestamp taken before the database was asked.</param>
    protected void Note(long asked, DateTimeOffset time)
    {
        if (Clock.GetElapsedTime(asked) < Tolerated / 2)
            theirs = new(time, Clock.GetTimestamp());
    }

    /// <summary>Asks the database.</summary>
    /// <returns>Null when it answers and accepts writes; otherwise the reason, in a sentence without secrets.</returns>
    protected abstract Task<string?> WhyNoWrites();

    private async Task<string?> WhyNoAnswer()
    {
        try
        {
            return await Guard(WhyNoWrites);
        }
        catch (StorageUnavailableException failure)
        {
            return failure.Message;
        }
    }

    /// <param name="At">The timestamp at which the time was received.</param>
    private sealed record DatabaseTime(DateTimeOffset Time, long At);
}
