using Npgsql;

namespace Couch.Cluster.Storage.Postgres;

/// <summary>What a database must be like before a couch makes its schema there.</summary>
internal static class PostgresChecks
{
    /// <summary>Null where the database can be used; else why not and what to do, to be read after the database's name.</summary>
    public static async Task<string?> WhyUnusable(
        NpgsqlConnection connection, NpgsqlDataSource source, NpgsqlConnectionStringBuilder settings, CancellationToken cancel) =>
        await WhyNotUtf8(connection, cancel) ?? await WhyNoSchema(connection, cancel) ?? await WhyNotPooled(connection, source, settings, cancel);

    /// <summary>In another encoding some names could never be written, and each try would look like a database that is down.</summary>
    private static async Task<string?> WhyNotUtf8(NpgsqlConnection connection, CancellationToken cancel) =>
        (string?)await Ask(connection, "SHOW server_encoding", cancel) is var encoding and not "UTF8"
            ? $"is encoded in {encoding}, which cannot hold every name: make a database with ENCODING 'UTF8' TEMPLATE template0"
            : null;

    private static async Task<string?> WhyNoSchema(NpgsqlConnection connection, CancellationToken cancel)
    {
        if (await Ask(connection, "SELECT current_schema()", cancel) is not string schema)
            return $"has none of the schemas that the search path names ({await Ask(connection, "SHOW search_path", cancel)}): make one, or mend Search Path in ConnectionStrings__Couch";

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
            ? $"holds the tables of another application that uses Orleans (OrleansQuery, in the schema {schema}): give the couch a database, or a schema by Search Path, of its own"
            : null;
    }

    /// <summary>
    /// Two clients whose statements run in one session are behind a pool that lends sessions for a transaction, such as PgBouncer. A
    /// prepared statement belongs to a session, so there is none then.
    /// </summary>
    private static async Task<string?> WhyNotPooled(
        NpgsqlConnection connection, NpgsqlDataSource source, NpgsqlConnectionStringBuilder settings, CancellationToken cancel)
    {
        if (settings.MaxAutoPrepare is 0 || settings.MaxPoolSize < 2)
            return null;
        await using var other = await source.OpenConnectionAsync(cancel);
        const string Session = "SELECT pg_backend_pid()";
        return Equals(await Ask(connection, Session, cancel), await Ask(other, Session, cancel))
            ? "is behind a pool that lends a session for a transaction only (PgBouncer with pool_mode=transaction): add Max Auto Prepare=0 to ConnectionStrings__Couch, or use pool_mode=session"
            : null;
    }

    private static async Task<object?> Ask(NpgsqlConnection connection, string question, CancellationToken cancel)
    {
        await using var command = new NpgsqlCommand(question, connection);
        return await command.ExecuteScalarAsync(cancel) is { } answer and not DBNull ? answer : null;
    }
}
