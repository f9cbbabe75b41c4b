using System.Data.Common;
using System.Net.Sockets;

namespace Couch.Cluster.Storage;

/// <summary>
/// The database behind a node: one schema, two engines. Owns its data sources; whoever opened it disposes it.
/// </summary>
public abstract class CouchDatabase(TimeProvider clock) : IAsyncDisposable
{
    // Whoever asks whether a node is ready gives up after a second by custom, and would take every node for dead.
    private static readonly TimeSpan ReadyWithin = TimeSpan.FromMilliseconds(500);

    private readonly Lock asking = new();
    private Task<string?>? lastAnswer;

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

    /// <summary>Connections for whoever may write, Orleans' providers included.</summary>
    public abstract DbDataSource Writes { get; }

    /// <summary>Connections for whoever only reads: never behind a writer.</summary>
    public abstract DbDataSource Reads { get; }

    /// <inheritdoc cref="CouchOptions.ReminderHorizon"/>
    /// <remarks>Written into the schema by the first <see cref="Upgrade"/>.</remarks>
    public TimeSpan ReminderHorizon { get; init; } = CouchOptions.DefaultReminderHorizon;

    protected TimeProvider Clock => clock;

    /// <summary>Brings the schema up to this version, under a lock: any number of nodes may start at once on an empty database.</summary>
    /// <exception cref="Configuration.SettingsException">It cannot be done: the message says why and what to do.</exception>
    public abstract Task Upgrade(CancellationToken cancel);

    /// <summary>Null where the database answers within half a second; else why it does not, in a sentence without secrets.</summary>
    /// <remarks>
    /// Nobody's impatience reaches the database: a driver that is told to give up may hold its thread, and whoever told it,
    /// for seconds. It is left its own time instead, and is asked again only then, however many ask here.
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

    /// <summary>Runs <paramref name="work"/>; whatever the database does wrong becomes a <see cref="StorageUnavailableException"/>.</summary>
    public async Task<T> Guard<T>(Func<Task<T>> work)
    {
        try
        {
            return await work();
        }
        catch (Exception failure) when (failure is DbException or TimeoutException or IOException or SocketException)
        {
            throw new StorageUnavailableException(Explain(failure), failure);
        }
    }

    /// <summary>What is wrong with the database, in a sentence for an operator, without secrets.</summary>
    public abstract string Explain(Exception failure);

    public abstract ValueTask DisposeAsync();

    private async Task<string?> WhyNoAnswer()
    {
        try
        {
            await Guard(async () =>
            {
                await using var connection = await Reads.OpenConnectionAsync();
                await using var command = connection.CreateCommand();
                command.CommandText = "SELECT 1 FROM OrleansQuery LIMIT 1";
                return await command.ExecuteScalarAsync();
            });
            return null;
        }
        catch (StorageUnavailableException failure)
        {
            return failure.Message;
        }
    }
}
