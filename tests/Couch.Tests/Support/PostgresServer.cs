using Couch.Domain.Invites;
using Npgsql;

namespace Couch.Tests.Support;

/// <summary>The throw-away PostgreSQL that tests/run.sh and tests/with-postgres.sh start.</summary>
public static class PostgresServer
{
    private const string Variable = "COUCH_TEST_POSTGRES";

    /// <summary>The server's maintenance database; its user may make databases.</summary>
    public static string ConnectionString => Environment.GetEnvironmentVariable(Variable) ?? throw new InvalidOperationException(
        $"{Variable} is not set: run the tests by tests/run.sh, or one of them by tests/with-postgres.sh dotnet run --project "
            + "tests/Couch.Tests");

    /// <summary>Makes an empty database, which is dropped on disposal.</summary>
    /// <param name="options">Of <c>CREATE DATABASE</c>.</param>
    public static async Task<EmptyDatabase> NewDatabase(string options = "")
    {
        var name = "couch_" + InviteId.New(TimeProvider.System.GetUtcNow(), Some.Random).Value.ToLowerInvariant();
        await Execute($"CREATE DATABASE {name} {options}");
        return new EmptyDatabase(name);
    }

    public static Task Execute(string statement) => Execute(ConnectionString, statement);

    public static async Task Execute(string connectionString, string statement)
    {
        await using var connection = new NpgsqlConnection(connectionString);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(statement, connection);
        await command.ExecuteNonQueryAsync();
    }

    public sealed class EmptyDatabase(string name) : IAsyncDisposable
    {
        public string Name => name;

        public string ConnectionString { get; } =
            new NpgsqlConnectionStringBuilder(PostgresServer.ConnectionString) { Database = name }.ConnectionString;

        public async ValueTask DisposeAsync() => await Execute($"DROP DATABASE {name} WITH (FORCE)");
    }
}
