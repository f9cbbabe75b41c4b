using Npgsql;

namespace Couch.Cluster.Storage.Postgres;

/// <summary>What a database must be like before a couch makes its schema there.</summary>
internal static class PostgresChecks
{
    private const int SessionRounds = 5;

    /// <summary>Null where the database can be used; else why not and what to do, to be read after the database's name.</summary>
    public static async Task<string?> WhyUnusable(
        NpgsqlConnection connection, NpgsqlDataSource source, NpgsqlConnectionStringBuilder settings, CancellationToken cancel) =>
        await WhyNotUtf8(connection, cancel) ?? await WhyNoSchema(connection, cancel)
            ?? await WhyNotPooled(connection, source, settings, cancel);

    /// <summary>In another encoding some names could never be written, and each try would look like a database that is down.</summary>
    private static async Task<string?> WhyNotUtf8(NpgsqlConnection connection, CancellationToken cancel) =>
        (string?)await Ask(connection, "SHOW server_encoding", cancel) is var encoding and not "UTF8"
            ? $"is encoded in {encoding}, which cannot hold every name: make a database with ENCODING 'UTF8' TEMPLATE template0"
            : null;

    private static async Task<string?> WhyNoSchema(NpgsqlConnection connection, CancellationToken cancel)
    {
        if (await Ask(connection, "SELECT current_schema()", cancel) is not string schema)
            return $"has none of the schemas that the search path names ({await Ask(connection, "SHOW search_path", cancel)}): make one, "
                + "or mend Search Path in ConnectionStrings__Couch";

        // Ours beside the journal of our schema's scripts; a table of this name without it is another application's.
        var tables = (long)(await Ask(
            connection,
            """
            SELECT count(*) FILTER (WHERE lower(relname) = 'orleansquery') - 2 * count(*) FILTER (WHERE relname = 'schemaversions')
            FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace
            WHERE nspname = current_schema() AND relkind = 'r'
            """,
            cancel))!;
        return tables > 0
            ? $"holds the tables of another application that uses Orleans (OrleansQuery, in the schema {schema}): give the couch a "
                + "database, or a schema by Search Path, of its own"
            : null;
    }

    /// <summary>
    /// A pool between the couch and the server, such as PgBouncer, may lend each transaction another session. A prepared statement
    /// belongs to a session, so there is none then. Such a pool gives its clients a process id that is not their session's; and with
    /// sessions of their own, two clients each keep the one that they have, whatever else the pool has to do.
    /// </summary>
    private static async Task<string?> WhyNotPooled(
        NpgsqlConnection connection, NpgsqlDataSource source, NpgsqlConnectionStringBuilder settings, CancellationToken cancel)
    {
        const string Session = "SELECT pg_backend_pid()";
        if (settings.MaxAutoPrepare is 0 || settings.MaxPoolSize < 2
            || Equals(await Ask(connection, Session, cancel), connection.ProcessID))
            return null;
        await using var other = await source.OpenConnectionAsync(cancel);
        HashSet<object?> mine = [], others = [];
        for (var round = 0; round < SessionRounds; round++)
        {
            // Another text each time, or the driver would prepare it.
            var question = $"{Session} + 0 * {round}";
            mine.Add(await Ask(connection, question, cancel));
            others.Add(await Ask(other, question, cancel));
        }

        return mine.Count > 1 || others.Count > 1 || mine.Overlaps(others)
            ? PostgresFailures.LendsSessions
            : null;
    }

    private static async Task<object?> Ask(NpgsqlConnection connection, string question, CancellationToken cancel)
    {
        await using var command = new NpgsqlCommand(question, connection);
        return await command.ExecuteScalarAsync(cancel) is { } answer and not DBNull ? answer : null;
    }
}
