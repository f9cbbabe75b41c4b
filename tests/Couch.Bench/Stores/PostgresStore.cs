using System.Data.Common;
using Couch.Bench.Processes;
using Couch.Bench.Rows;
using Couch.Cluster;
using Couch.Cluster.Storage;
using Npgsql;
using NpgsqlTypes;

namespace Couch.Bench.Stores;

internal sealed class PostgresStore : Store
{
    // The throw-away server that tests/with-postgres.sh starts.
    private const string Variable = "COUCH_TEST_POSTGRES";

    private readonly string server;
    private readonly string name;

    private PostgresStore(string server, string name) => (this.server, this.name) = (server, name);

    public static async Task<StorageEngine> Engine()
    {
        var server = System.Environment.GetEnvironmentVariable(Variable)
            ?? throw new FailedStartException($"{Variable} is not set: run tests/bench.sh");
        var (version, fsync, commit) = (await Ask(server, "SHOW server_version"), await Ask(server, "SHOW fsync"), await Ask(server,
            "SHOW synchronous_commit"));
        if ((fsync, commit) is not ("on", "on"))
            throw new FailedStartException("without fsync and synchronous_commit a write is not durable, and its rate is no rate");
        var stores = 0;
        return new("PostgreSQL", $"PostgreSQL {version}, fsync = {fsync}, synchronous_commit = {commit}",
            () => new PostgresStore(server, $"bench_{++stores}"));
    }

    public override IReadOnlyDictionary<string, string> Environment => new Dictionary<string, string>
    {
        ["ConnectionStrings__Couch"] = Database(name),
        ["COUCH_ADVERTISED_ADDRESS"] = "127.0.0.1",
    };

    protected override CouchOptions Options => new() { Postgres = Database(name), DatabaseConnections = 4 };

    private string Bare => name + "_bare";

    public override async Task<BareWriter> CopyBare()
    {
        await Execute(server, $"CREATE DATABASE {Bare} TEMPLATE {name} STRATEGY file_copy");
        return await PostgresWriter.Open(Database(Bare));
    }

    public override async ValueTask DisposeAsync()
    {
        await Execute(server, $"DROP DATABASE IF EXISTS {name} WITH (FORCE)");
        await Execute(server, $"DROP DATABASE IF EXISTS {Bare} WITH (FORCE)");
    }

    protected override Task Make() => Execute(server, $"CREATE DATABASE {name}");

    protected override DbConnection Connect() => Unpooled();

    protected override async Task Load(Population population)
    {
        await using (var connection = Unpooled())
        {
            await connection.OpenAsync();
            await LoadRows(connection, population);
        }

        // What autovacuum and the checkpointer would otherwise do in the middle of a round.
        await Execute(Database(name), "VACUUM (ANALYZE)");
        await Execute(Database(name), "CHECKPOINT");
    }

    private NpgsqlConnection Unpooled() => new(WithoutPool(Database(name)));

    private static async Task LoadRows(NpgsqlConnection connection, Population population)
    {
        await using var rows = await connection.BeginBinaryImportAsync(
            "COPY grain_state (service, kind, id, version, state) FROM STDIN (FORMAT BINARY)");
        foreach (var row in population.Rows)
        {
            await rows.StartRowAsync();
            await rows.WriteAsync(GrainKinds.Service);
            await rows.WriteAsync(row.Kind);
            await rows.WriteAsync(row.Id);
            await rows.WriteAsync(row.Version);
            await rows.WriteAsync(row.State, NpgsqlDbType.Jsonb);
        }

        await rows.CompleteAsync();
    }

    private string Database(string database) => new NpgsqlConnectionStringBuilder(server) { Database = database }.ConnectionString;

    private static async Task<string> Ask(string connectionString, string question)
    {
        await using var source = NpgsqlDataSource.Create(WithoutPool(connectionString));
        await using var command = source.CreateCommand(question);
        return (string)(await command.ExecuteScalarAsync())!;
    }

    private static async Task Execute(string connectionString, string statement)
    {
        await using var source = NpgsqlDataSource.Create(WithoutPool(connectionString));
        await using var command = source.CreateCommand(statement);
        command.CommandTimeout = 0;
        await command.ExecuteNonQueryAsync();
    }

    // A connection that lingers in a pool would keep its database from being copied or dropped.
    private static string WithoutPool(string connectionString) =>
        new NpgsqlConnectionStringBuilder(connectionString) { Pooling = false }.ConnectionString;
}
