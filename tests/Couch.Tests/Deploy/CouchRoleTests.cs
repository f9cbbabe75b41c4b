using Couch.Cluster.Storage;
using Couch.Cluster.Storage.Postgres;
using Couch.Tests.Support;
using Npgsql;
using Xunit;

namespace Couch.Tests.Deploy;

/// <summary>The role that docker-compose.yml has PostgreSQL make for the couch.</summary>
public sealed class CouchRoleTests
{
    private const string NotAllowed = "42501";

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task It_owns_its_database_and_nothing_more_which_is_enough_for_the_schema_backups_and_restores()
    {
        using var folder = new TemporaryFolder();
        await using var server = await OwnPostgres.Start();
        var couch = new NpgsqlConnectionStringBuilder(server.ConnectionString) { Pooling = false };
        var scripts = new Dictionary<string, string> { ["PGHOST"] = couch.Host!, ["PGPORT"] = $"{couch.Port}" };
        await DeployScript.Run(
            0, "postgres/couch-role.sh", [],
            scripts.And(new Dictionary<string, string> { ["POSTGRES_USER"] = "postgres", ["POSTGRES_PASSWORD"] = "it's a secret" }));
        Assert.Equal("couch", await Ask("SELECT string_agg(rolname, ',') FROM pg_authid WHERE rolcanlogin AND rolpassword IS NOT NULL"));

        (couch.Username, couch.Database) = ("couch", "couch");
        foreach (var statement in new[] { "CREATE ROLE other", "CREATE DATABASE other", "ALTER ROLE couch SUPERUSER",
            "COPY pg_class TO PROGRAM 'true'", "SELECT rolpassword FROM pg_authid" })
            Assert.Equal(NotAllowed, (await Assert.ThrowsAsync<PostgresException>(() => Ask(statement))).SqlState);
        foreach (var other in new[] { "postgres", "template1" })
        {
            couch.Database = other;
            Assert.Equal(NotAllowed, (await Assert.ThrowsAsync<PostgresException>(() => Ask("SELECT 1"))).SqlState);
        }

        couch.Database = "couch";
        await using (var database = new PostgresDatabase(couch.ConnectionString, 4))
        {
            await database.Upgrade(Cancel);
            await database.Put(GrainKinds.Invite, "one", Some.Invite());
        }

        scripts = scripts.And(new Dictionary<string, string> { ["PGUSER"] = "couch", ["PGDATABASE"] = "couch" });
        await DeployScript.Run(0, "backup.sh", ["postgres", folder["backup"]], scripts);
        await Ask("DROP TABLE grain_state CASCADE");
        await DeployScript.Run(0, "restore.sh", ["postgres", folder["backup"]], scripts);
        Assert.Equal("one", await Ask("SELECT id FROM grain_state"));
        await using (var database = new PostgresDatabase(couch.ConnectionString, 4))
            await database.Upgrade(Cancel);

        async Task<string?> Ask(string statement)
        {
            await using var connection = new NpgsqlConnection(couch.ConnectionString);
            await connection.OpenAsync(Cancel);
            await using var command = new NpgsqlCommand(statement, connection);
            return await command.ExecuteScalarAsync(Cancel) as string;
        }
    }
}
