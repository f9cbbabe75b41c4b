using System.Net;
using Couch.Cluster.Configuration;
using Couch.Tests.Support;
using Xunit;

namespace Couch.Tests.Transport;

/// <summary>Who may join a couch, what it is told who may not, and where a couch can be reached at all.</summary>
public sealed class JoiningTests
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task A_single_node_listens_on_loopback_alone_and_has_no_port_for_gateways()
    {
        using var folder = new TemporaryFolder();
        await using var couch = await CouchProcess.Start(
            new() { ["COUCH_DATA_DIR"] = folder["data"], ["COUCH_GATEWAY_PORT"] = $"{FreePort.Find(1)[0]}" });

        Assert.Equal(OnLoopback(couch.Port, couch.SiloPort), Ports.Of(couch.Id));
    }

    [Fact]
    public async Task A_node_that_is_told_no_address_listens_on_loopback_alone_says_so_and_has_no_port_for_gateways()
    {
        await using var database = await PostgresServer.NewDatabase();
        await using var couch = await CouchProcess.Start(
            new(NodeSettings.Of(database.ConnectionString)) { ["COUCH_ADVERTISED_ADDRESS"] = "" });

        Assert.Equal(OnLoopback(couch.Port, couch.SiloPort), Ports.Of(couch.Id));
        await Until.True(() => Task.FromResult(couch.Output.Contains("COUCH_ADVERTISED_ADDRESS is not set", StringComparison.Ordinal)),
            Soon, "it says so");
    }

    [Fact]
    public async Task A_node_with_another_signing_key_is_told_why_it_cannot_join_and_disturbs_nobody()
    {
        await using var database = await PostgresServer.NewDatabase();
        await using var couch = await Start(database);
        var stay = await couch.Arrive();

        var refusal = await Assert.ThrowsAsync<SettingsException>(() => Start(database));

        Assert.Contains($"COUCH_SIGNING_KEY is not that of the couch on this database: the silo at 127.0.0.1:{couch.SiloPort}",
            refusal.Message, StringComparison.Ordinal);
        (await couch.Status(stay)).Is(200);
        Assert.Equal(1, await Silos(database));
        await Until.True(() => Task.FromResult(couch.Log.Has("to the silo port was refused")), Soon, "the node says who came");
        Assert.False(couch.Log.Has("   at "), string.Join('\n', couch.Log.All));
    }

    [Fact]
    public async Task A_gateway_with_another_signing_key_says_why_it_answers_nothing_and_disturbs_nobody()
    {
        await using var database = await PostgresServer.NewDatabase();
        await using var silo = await Start(database, "--COUCH_ROLE=silo", $"--COUCH_GATEWAY_PORT={FreePort.Find(1)[0]}");
        await using var gateway = await Start(database, "--COUCH_ROLE=gateway");

        await Until.True(
            async () => (await gateway.Anyone.Get("/health/ready")).Refuses(503)["detail"]!.Contains(
                "share no signing key (COUCH_SIGNING_KEY)", StringComparison.Ordinal),
            Soon, "it says why");
        await silo.IsReady();
    }

    [Fact]
    public async Task Nodes_on_two_machines_that_listen_on_loopback_alone_are_told_so_before_one_puts_the_other_out()
    {
        await using var database = await PostgresServer.NewDatabase();
        await using var couch = await Start(database);
        await PostgresServer.Execute(database.ConnectionString, "UPDATE membership SET host_name = 'another-machine'");

        var refusal = await Assert.ThrowsAsync<SettingsException>(() => Start(database));

        Assert.Contains("COUCH_ADVERTISED_ADDRESS is not set to an address that the silo", refusal.Message, StringComparison.Ordinal);
        Assert.Contains("'another-machine'", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Signing_keys_are_exchanged_while_nodes_run_in_the_order_that_is_documented()
    {
        await using var database = await PostgresServer.NewDatabase();
        var (old, young) = (Some.Key(), Some.Key());
        var (first, second) = (await With(old), await With(old));
        var early = await first.Arrive();

        // One node after the other: the new key second, then first, then alone.
        foreach (var keys in new[] { $"{old},{young}", $"{young},{old}" })
        {
            await Exchange(keys);
            (await first.Status(early)).Is(200);
        }

        await Exchange(young);
        (await first.Status(early)).Refuses(404);
        await first.DisposeAsync();
        await second.DisposeAsync();

        async Task Exchange(string keys)
        {
            await first.DisposeAsync();
            first = await With(keys);
            await AreOneCouch();
            await second.DisposeAsync();
            second = await With(keys);
            await AreOneCouch();
        }

        async Task AreOneCouch()
        {
            Assert.Equal(2, await Silos(database));
            // A guest's grain is on either node: of several, some are asked across.
            for (var guest = 0; guest < 4; guest++)
            {
                var stay = await first.Arrive();
                (await second.Status(stay)).Is(200);
                await Victim.Certain(() => second.Anyone.Delete($"/couch/guests/{stay["guestId"]}"));
                (await first.Status(stay)).Refuses(404);
            }
        }

        Task<Victim> With(string keys) => Start(database, $"--COUCH_SIGNING_KEY={keys}");
    }

    /// <summary>A couch on a database; with a signing key of its own, where it is told none.</summary>
    private static Task<Victim> Start(PostgresServer.EmptyDatabase database, params string[] settings) =>
        Victim.Start([$"--ConnectionStrings:Couch={database.ConnectionString};Maximum Pool Size=15", $"--COUCH_SIGNING_KEY={Some.Key()}",
            .. settings]);

    /// <summary>How many silos the table takes for alive or about to be.</summary>
    private static async Task<long> Silos(PostgresServer.EmptyDatabase database)
    {
        await using var connection = new Npgsql.NpgsqlConnection(database.ConnectionString);
        await connection.OpenAsync();
        await using var command = new Npgsql.NpgsqlCommand("SELECT count(*) FROM membership WHERE status < 4", connection);
        return (long)(await command.ExecuteScalarAsync())!;
    }

    private static HashSet<IPEndPoint> OnLoopback(params int[] ports) =>
        [.. ports.Select(port => new IPEndPoint(IPAddress.Loopback, port))];
}
