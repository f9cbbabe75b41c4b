using System.Net;
using System.Net.Http.Json;
using Couch.Cluster;
using Couch.Tests.Support;
using Npgsql;
using Xunit;

namespace Couch.Tests.Crashes;

/// <summary>
/// A PostgreSQL that becomes read-only, fails over, ends its sessions, or changes its password, under a couch that goes on.
/// </summary>
public sealed class MovingDatabaseTests : IAsyncLifetime
{
    /// <summary>How long writes may still fail once there is a server again that takes them.</summary>
    private static readonly TimeSpan Recovers = TimeSpan.FromSeconds(10);

    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(30);

    /// <summary>What an orchestrator leaves a process, of which its own grace is 30 s.</summary>
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(35);

    private OwnPostgres server = null!;

    public async ValueTask InitializeAsync() => server = await OwnPostgres.Start();

    public ValueTask DisposeAsync() => server.DisposeAsync();

    [Fact]
    public async Task A_couch_that_was_led_to_a_standby_writes_again_once_it_is_led_back()
    {
        await using var standby = await server.Standby();
        await using var address = TcpProxy.Before(server.ConnectionString, out var connection);
        await using var couch = await CouchProcess.Start(NodeSettings.Of(connection));
        var guest = await couch.Anyone.Arrive();

        address.LeadTo(standby.Port);
        await Until.True(async () => await Database(couch) is var said && said.Contains("read-only", StringComparison.Ordinal), Soon,
            "readiness says that nothing can be written");
        Assert.Equal(
            HttpStatusCode.ServiceUnavailable, (await couch.Http.PostAsJsonAsync("/couch/invites", new { createdBy = "noah" })).StatusCode);

        address.LeadTo(server.Port);
        await Until.True(
            async () => (await couch.Http.DeleteAsync($"/couch/guests/{guest["guestId"]}"))
                .StatusCode is not HttpStatusCode.ServiceUnavailable, Recovers, "the kill switch works");
        await Works(couch, 40);
        await Until.True(async () => await Database(couch) is "ok", Soon, "readiness says that all is well");
    }

    [Fact]
    public async Task Of_several_hosts_the_one_is_used_that_takes_writes()
    {
        await using var standby = await server.Standby();
        var both = new NpgsqlConnectionStringBuilder(server.ConnectionString)
        {
            Host = $"127.0.0.1:{standby.Port},127.0.0.1:{server.Port}",
        };
        await using var couch = await CouchProcess.Start(NodeSettings.Of(both.ConnectionString));
        await Works(couch, 10);

        await server.Stop("fast");
        await standby.Promote();
        await Until.True(async () => (await couch.Http.PostAsJsonAsync("/couch/invites", new { createdBy = "noah" })).IsSuccessStatusCode,
            Recovers, "the couch follows its database");
        await Works(couch, 10);
    }

    [Fact]
    public async Task Sessions_that_began_while_the_database_was_read_only_do_not_stay()
    {
        await using var couch = await CouchProcess.Start(NodeSettings.Of(server.ConnectionString));
        await Works(couch, 5);

        await PostgresServer.Execute(server.ConnectionString, "ALTER DATABASE postgres SET default_transaction_read_only = on");
        await EndSessions();
        await Until.True(async () => (await Database(couch)).Contains("read-only", StringComparison.Ordinal), Soon, "readiness says so");

        await PostgresServer.Execute(server.ConnectionString + ";Options=-c default_transaction_read_only=off", "ALTER DATABASE postgres "
            + "SET default_transaction_read_only = off");
        await Until.True(async () => (await couch.Http.PostAsJsonAsync("/couch/invites", new { createdBy = "noah" })).IsSuccessStatusCode,
            Recovers, "it is written again");
        await Works(couch, 40);
    }

    [Fact]
    public async Task Connections_that_died_while_nobody_used_them_cost_nobody_an_answer()
    {
        await using var couch = await CouchProcess.Start(NodeSettings.Of(server.ConnectionString));
        for (var round = 0; round < 5; round++)
        {
            // Some connections are open and idle then.
            await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => couch.Anyone.Invite()));
            await EndSessions();
            var invite = await couch.Anyone.Invite();
            await EndSessions();
            var guest = (await couch.Anyone.Redeem(invite)).Is(201);
            await EndSessions();
            await couch.Get("/couch/guests");
            await EndSessions();
            (await couch.Anyone.Delete($"/couch/guests/{guest["guestId"]}")).Is(200);
        }
    }

    [Fact]
    public async Task Statements_that_were_given_up_leave_no_connection_behind_that_answers_for_another()
    {
        await using var couch = await CouchProcess.Start(NodeSettings.Of(server.ConnectionString + ";Command Timeout=1"));
        for (var round = 0; round < 3; round++)
        {
            await Works(couch, 20);
            await using var other = new NpgsqlConnection(server.ConnectionString);
            await other.OpenAsync();
            await using var locked = await other.BeginTransactionAsync();
            await using (var command = new NpgsqlCommand("LOCK TABLE grain_state", other, locked))
                await command.ExecuteNonQueryAsync();
            var refused = await Task.WhenAll(
                Enumerable.Range(0, 20).Select(_ => couch.Http.PostAsJsonAsync("/couch/invites", new { createdBy = "noah" })));
            Assert.All(refused, answer => Assert.Equal(HttpStatusCode.ServiceUnavailable, answer.StatusCode));
        }

        await Works(couch, 40);
        Assert.DoesNotContain("backend message", couch.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_password_that_is_changed_in_the_password_file_counts_for_new_connections()
    {
        using var folder = new TemporaryFolder();
        await server.RequirePasswords();
        await PostgresServer.Execute(server.AdminConnectionString, "CREATE ROLE couch LOGIN PASSWORD 'first'");
        await PostgresServer.Execute(server.AdminConnectionString, "CREATE DATABASE couch OWNER couch");
        var file = folder["pgpass"];
        await WritePassword("first");
        var connection = $"Host=127.0.0.1;Port={server.Port};Username=couch;Database=couch;Passfile={file}";
        await using var couch = await CouchProcess.Start(NodeSettings.Of(connection));

        await PostgresServer.Execute(server.AdminConnectionString, "ALTER ROLE couch PASSWORD 'second'");
        await WritePassword("second");
        await EndSessions();
        await Until.True(async () => (await couch.Http.PostAsJsonAsync("/couch/invites", new { createdBy = "noah" })).IsSuccessStatusCode,
            Recovers, "the new password is used");
        await Works(couch, 20);

        Task WritePassword(string password) => File.WriteAllTextAsync(file, $"127.0.0.1:{server.Port}:couch:couch:{password}\n");
    }

    [Fact]
    public Task A_node_that_is_told_to_end_ends_within_its_grace_whatever_its_database_does() => Task.WhenAll(
        EndsInTime((address, _) => Done(address.GoDead)),
        EndsInTime((address, _) => Done(address.Hang)),
        EndsInTime(async (_, database) =>
        {
            await PostgresServer.Execute($"ALTER DATABASE {database.Name} SET default_transaction_read_only = on");
            await PostgresServer.Execute($"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{database.Name}'");
        }));

    [Theory]
    [InlineData("gone")]
    [InlineData("hangs")]
    [InlineData("locked")]
    public async Task A_node_that_is_told_to_end_while_it_waits_for_its_database_to_start_ends_at_once_and_well(string database)
    {
        await using var address = TcpProxy.Before(server.ConnectionString, out var connection);
        await using var other = new NpgsqlConnection(server.ConnectionString);
        switch (database)
        {
            case "gone": address.GoDead(); break;
            case "hangs": address.Hang(); break;
            default:
                await other.OpenAsync();
                await using (var command = new NpgsqlCommand("SELECT pg_advisory_lock(427071726440)", other))
                    await command.ExecuteNonQueryAsync();
                break;
        }

        await using var couch = CouchProcess.Launched(NodeSettings.Of(connection));
        await Until.True(() => Task.FromResult(address.Accepted > 0), Soon, "the couch has asked its database");
        await couch.End().WaitAsync(Grace, TimeProvider.System);
        Assert.True(couch.ExitCode is 0, $"{couch.ExitCode}: {couch.Output}");
        Assert.DoesNotContain("   at ", couch.Output, StringComparison.Ordinal);
    }

    private static async Task EndsInTime(Func<TcpProxy, PostgresServer.EmptyDatabase, Task> happens)
    {
        await using var database = await PostgresServer.NewDatabase();
        await using var address = TcpProxy.Before(database.ConnectionString, out var connection);
        await using var couch = await CouchProcess.Start(NodeSettings.Of(connection));
        await Works(couch, 5);
        await happens(address, database);

        await couch.End().WaitAsync(Grace, TimeProvider.System);
        Assert.Equal(0, couch.ExitCode);
    }

    private static Task Done(Action act)
    {
        act();
        return Task.CompletedTask;
    }

    private static async Task<string> Database(CouchProcess couch)
    {
        using var ready = await couch.Http.GetAsync("/health/ready");
        return (string)System.Text.Json.Nodes.JsonNode.Parse(await ready.Content.ReadAsStringAsync())!["database"]!;
    }

    /// <summary>So many writes at once, more than there are connections: none of them meets a session that cannot write.</summary>
    private static async Task Works(CouchProcess couch, int writes) =>
        await Task.WhenAll(Enumerable.Range(0, writes).Select(_ => couch.Anyone.Invite()));

    private Task EndSessions() => PostgresServer.Execute(
        server.AdminConnectionString, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND "
            + "application_name IN ('couch', 'couch-lease')");
}
