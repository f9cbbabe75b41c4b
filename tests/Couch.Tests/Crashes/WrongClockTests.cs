using Couch.Tests.Support;
using Xunit;

namespace Couch.Tests.Crashes;

/// <summary>Nodes whose clocks were wrong, and what they leave to those that start after them.</summary>
public sealed class WrongClockTests : IAsyncLifetime
{
    /// <summary>Half a minute on a machine that has the time for it; an hour is what must not be waited for.</summary>
    private static readonly TimeSpan Outlived = TimeSpan.FromSeconds(60);
    private readonly string key = Some.Key();
    private PostgresServer.EmptyDatabase database = null!;

    public async ValueTask InitializeAsync() => database = await PostgresServer.NewDatabase();

    public ValueTask DisposeAsync() => database.DisposeAsync();

    [Fact]
    public async Task A_node_whose_clock_was_an_hour_ahead_starts_again_with_a_right_one_beside_another_that_goes_on()
    {
        await using var other = await Start();
        await using var node = await Start();
        await node.KillHard();
        await HourAhead(node);

        await StartsAgain(node);
        var invite = await node.Post("/couch/invites", new { createdBy = "noah" });
        Assert.Equal("active", (string?)(await other.Get($"/couch/invites/{invite["id"]}"))["status"]);
        await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => other.Post("/couch/invites", new { createdBy = "noah" })));
    }

    [Fact]
    public async Task A_node_whose_clock_was_an_hour_ahead_when_it_ended_starts_again_with_a_right_one()
    {
        await using var node = await Start();
        await node.End();
        await HourAhead(node);

        await StartsAgain(node);
    }

    /// <param name="besides">
    /// What else its row says: nothing; a lease by a database's clock that was set back since; that it listened on another machine's
    /// loopback.
    /// </param>
    [Theory]
    [InlineData("host_name = host_name")]
    [InlineData("lease_until = now() + interval '1 hour'")]
    [InlineData("host_name = 'another-machine', lease_until = now() - interval '1 minute'")]
    public async Task A_node_that_died_with_its_clock_an_hour_ahead_keeps_no_other_from_starting_and_is_named_meanwhile(string besides)
    {
        await using var dead = await Start();
        await dead.KillHard();
        await HourAhead(dead);
        await PostgresServer.Execute(database.ConnectionString, $"UPDATE membership SET {besides}");

        await using var node = CouchProcess.Launched(Settings());
        await node.IsReady(Outlived);
        Assert.Contains($"Waiting for the silo at 127.0.0.1:{dead.SiloPort}", node.Output, StringComparison.Ordinal);
        Assert.Contains("counts as dead", node.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_node_whose_lease_was_promised_by_a_database_that_was_an_hour_ahead_starts_again()
    {
        await using var node = await Start();
        await node.KillHard();
        await PostgresServer.Execute(database.ConnectionString, "UPDATE membership SET lease_until = now() + interval '1 hour'");

        await StartsAgain(node);
    }

    [Fact]
    public async Task A_second_node_at_the_address_of_one_that_lives_is_refused_in_words()
    {
        await using var node = await Start();
        // As from another machine that was given the same address: its own port is free there.
        await PostgresServer.Execute(database.ConnectionString, $"UPDATE membership SET port = 25999 WHERE port = {node.SiloPort}");
        var refused = CouchProcess.RunToEnd(Settings().And([new("COUCH_SILO_PORT", "25999")]), "--urls", "http://127.0.0.1:0");
        // It lives: it renews its lease.
        await Until.True(
            async () =>
            {
                await PostgresServer.Execute(database.ConnectionString, "UPDATE membership SET lease_until = clock_timestamp() + interval "
                    + "'4.5 seconds' WHERE port = 25999 AND status <> 6");
                return refused.IsCompleted;
            },
            2 * Outlived, "it gives up");

        var (exitCode, output) = await refused;
        Assert.Equal(1, exitCode);
        Assert.Contains("lives at 127.0.0.1:25999 already", output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(600, "600 s ahead of")]
    [InlineData(-600, "600 s behind")]
    public async Task A_node_whose_clock_is_wrong_says_so_at_start_and_in_its_readiness(int seconds, string words)
    {
        await using var node = await CouchProcess.Start(Settings().And([new("CLOCK_SKEW", $"{seconds}")]), CouchProcess.Skewed);

        Assert.Contains(words, (string?)(await node.Get("/health/ready"))["clock"], StringComparison.Ordinal);
        await Until.True(() => Task.FromResult(node.Output.Contains(words, StringComparison.Ordinal)), Outlived, "the log says so");
        await using var right = await Start();
        Assert.Null((await right.Get("/health/ready"))["clock"]);
    }

    private Dictionary<string, string> Settings() => NodeSettings.Of(database.ConnectionString, key);

    private Task<CouchProcess> Start() => CouchProcess.Start(Settings());

    /// <summary>What a node has left in the table whose clock was so.</summary>
    private Task HourAhead(CouchProcess node) => PostgresServer.Execute(
        database.ConnectionString,
        "UPDATE membership SET generation = generation + 3600, start_time = start_time + interval '1 hour', i_am_alive_time = "
            + $"i_am_alive_time + interval '1 hour' WHERE port = {node.SiloPort}");

    private static async Task StartsAgain(CouchProcess node)
    {
        var began = TimeProvider.System.GetTimestamp();
        await node.StartAgain();
        Assert.True(
            TimeProvider.System.GetElapsedTime(began) < Outlived, $"it took {TimeProvider.System.GetElapsedTime(began)}: {node.Output}");
    }
}
