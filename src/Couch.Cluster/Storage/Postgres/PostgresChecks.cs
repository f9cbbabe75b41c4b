using Npgsql;

namespace Couch.Cluster.Storage.Postgres;

/// <summary>Checks a database before a couch makes its schema there.</summary>
internal static class PostgresChecks
{
    private const int SessionRounds = 5;

    /// <summary>
    /// Null when the database can be used; otherwise the reason and what to do, to be read after the database's name.
    /// </summary>
    public static async Task<string?> WhyUnusable(
        NpgsqlConnection connection, NpgsqlDataSource source, NpgsqlConnectionStringBuilder settings, CancellationToken cancel) =>
        await WhyNotUtf8(connection, cancel) ?? await WhyNoSchema(connection, cancel)
            ?? await WhyNotPooled(connection, source, settings, cancel);

    /// <summary>
    /// In another encoding some names could never be stored, and each attempt would look like a database that is down.
    /// </summary>
    private static async Task<string?> WhyNotUtf8(NpgsqlConnection connection, CancellationToken cancel) =>
        (string?)await Ask(connection, "SHOW server_encoding", cancel) is var encoding and not "UTF8"
            ? $"is encoded in {encoding}, which cannot hold every name: make a database with ENCODING 'UTF8' TEMPLATE template0"
            : null;

    private static async Task<string?> WhyNoSchema(NpgsqlConnection connection, CancellationToken cancel)
    {
        if (await Ask(connection, "SELECT current_schema()", cancel) is not string schema)
            return $"has none of the schemas that the search path names ({await Ask(connection, "SHOW search_path", cancel)}): make one, "
                + "or mend Search Path in ConnectionStrings__Couch";

        // Our OrleansQuery table stands beside the journal of our schema's scripts; a table of this name without the journal
        // belongs to another application.
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
    /// A pool between the couch and the server, such as PgBouncer, may use another session for each transaction. A prepared
    /// statement belongs to a session, so none may be used then. How it is detected: such a pool reports a process id that is not
    /// the session's; and without it, two clients each keep one session of their own, whatever the load of the pool.
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
            // The text differs each time; otherwise the driver would prepare it.
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
