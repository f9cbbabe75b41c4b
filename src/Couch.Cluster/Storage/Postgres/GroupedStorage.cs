using System.Data.Common;
using System.Globalization;
using System.Net.Sockets;
using Npgsql;
using Orleans.Storage;

namespace Couch.Cluster.Storage.Postgres;

/// <summary>
/// Reads and writes rows in groups while many grains read and write at once: a statement and a commit for all that wait. What a group
/// does not find or does not write goes alone, by Orleans' own provider, which alone knows of absent rows and of lost races.
/// </summary>
/// <remarks>
/// It exists because the server spends most of a small write on its statement and its commit, not on its row: see docs/decisions,
/// record 57.
/// </remarks>
internal sealed class GroupedStorage : IGrainStorage, ILifecycleParticipant<ISiloLifecycle>, IDisposable
{
    /// <summary>Fewer make larger groups, and one more lets those that have just arrived begin while a group is under way.</summary>
    private const int Lanes = 2;

    private const int MostTogether = 64;

    /// <summary>As long as for a connection.</summary>
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(5);

    private readonly IGrainStorage alone;
    private readonly PostgresDatabase database;
    private readonly IGrainStorageSerializer serializer;
    private readonly Groups<Call> reads;
    private readonly Groups<Call> writes;

    // A part of the connections for what groups leave over, so that others get one, however many rows another session has locked.
    private readonly SemaphoreSlim leftOver;

    public GroupedStorage(IGrainStorage alone, PostgresDatabase database, IGrainStorageSerializer serializer)
    {
        (this.alone, this.database, this.serializer) = (alone, database, serializer);
        leftOver = new(Math.Max(1, database.Connections / 2));
        // The lanes' time is the database's, so it is the system's clock that measures it.
        reads = new(Lanes, MostTogether, calls => RunTogether(calls, Read), TimeProvider.System);
        writes = new(Lanes, MostTogether, calls => RunTogether(calls, Write), TimeProvider.System);
    }

    public void Participate(ISiloLifecycle lifecycle) => ((ILifecycleParticipant<ISiloLifecycle>)alone).Participate(lifecycle);

    public void Dispose() => leftOver.Dispose();

    public Task ReadStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState) =>
        reads.Run(new Call<T>(stateName, grainId, grainState, serializer, alone.ReadStateAsync));

    public Task WriteStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState) =>
        writes.Run(new Call<T>(stateName, grainId, grainState, serializer, alone.WriteStateAsync));

    public Task ClearStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState) =>
        alone.ClearStateAsync(stateName, grainId, grainState);

    /// <param name="run">Runs the calls and answers those that it could, once what it did is certain.</param>
    private async Task RunTogether(IReadOnlyList<Call> calls, Func<IReadOnlyList<Call>, Task> run)
    {
        try
        {
            if (calls.Count > 1)
                await run(calls);
        }
        catch (Exception failure) when (IsOutcomeUnknown(failure))
        {
            // Each grain asks its row before it goes on.
            foreach (var call in calls)
                call.Fail(failure);
        }
        catch (Exception)
        {
            // A refusal: nothing is written. Alone, each has its own outcome.
        }

        foreach (var call in calls.Where(call => !call.Answered.IsCompleted))
            _ = AnswerAlone(call);
    }

    private async Task AnswerAlone(Call call)
    {
        try
        {
            if (!await leftOver.WaitAsync(LongestWait))
                throw new NoTurnException(LongestWait);
            await call.AnswerAlone();
            leftOver.Release();
        }
        catch (Exception failure)
        {
            // Too late for a call that is answered.
            call.Fail(failure);
        }
    }

    /// <summary>Whether the driver failed otherwise than by the server's refusal, which undoes the whole statement.</summary>
    private static bool IsOutcomeUnknown(Exception failure) =>
        failure is DbException or TimeoutException or IOException or SocketException
        && (failure is not PostgresException || PostgresFailures.IsLostConnection(failure));

    private Task Read(IReadOnlyList<Call> calls) => Run(
        "SELECT place, version, payload FROM couch_read_rows(@service, @kinds, @ids)",
        calls, [],
        row => (Place: row.GetInt32(0), Version: row.GetInt32(1), State: row.GetFieldValue<byte[]>(2)),
        found => calls[found.Place - 1].Found(found.State, found.Version));

    private Task Write(IReadOnlyList<Call> calls) => Run(
        "SELECT place, written FROM couch_write_rows(@service, @kinds, @ids, @known, @payloads)",
        calls,
        [new("known", calls.Select(call => call.Version).ToArray()), new("payloads", calls.Select(call => call.Payload).ToArray())],
        row => (Place: row.GetInt32(0), Version: row.GetInt32(1)),
        written => calls[written.Place - 1].Written(written.Version));

    private async Task Run<T>(
        string statement, IReadOnlyList<Call> calls, NpgsqlParameter[] more, Func<DbDataReader, T> read, Action<T> answer)
    {
        await using var connection = await database.Writes.OpenConnectionAsync();
        await using var command = connection.CreateCommand();
        command.CommandText = statement;
        command.Parameters.Add(new NpgsqlParameter<string>("service", GrainKinds.Service));
        command.Parameters.Add(new NpgsqlParameter<string[]>("kinds", [.. calls.Select(call => call.Kind)]));
        command.Parameters.Add(new NpgsqlParameter<string[]>("ids", [.. calls.Select(call => call.Id)]));
        command.Parameters.AddRange(more);
        foreach (var row in await command.Rows(read, CancellationToken.None))
            answer(row);
    }

    private abstract class Call(string kind, GrainId grain) : GroupedCall
    {
        public string Kind => kind;

        public string Id { get; } = grain.Key.ToString()!;

        /// <summary>The row's version as the grain knows it; null: none.</summary>
        public abstract int? Version { get; }

        public abstract byte[] Payload { get; }

        public abstract void Found(byte[] payload, int version);

        public abstract void Written(int version);
    }

    private sealed class Call<T>(
        string kind, GrainId grain, IGrainState<T> state, IGrainStorageSerializer serializer,
        Func<string, GrainId, IGrainState<T>, Task> runAlone) : Call(kind, grain)
    {
        private readonly GrainId grain = grain;

        public override int? Version => state.ETag is { } version ? int.Parse(version, CultureInfo.InvariantCulture) : null;

        public override byte[] Payload => serializer.Serialize(state.State).ToArray();

        public override Task RunAlone() => runAlone(Kind, grain, state);

        public override void Found(byte[] payload, int version)
        {
            state.State = serializer.Deserialize<T>(new(payload));
            Written(version);
        }

        public override void Written(int version)
        {
            state.ETag = version.ToString(CultureInfo.InvariantCulture);
            state.RecordExists = true;
            Answer();
        }
    }
}
