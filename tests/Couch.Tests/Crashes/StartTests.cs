using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;
using Couch.Tests.Support;
using Xunit;

namespace Couch.Tests.Crashes;

/// <summary>Couches that start together, twice, or where they cannot.</summary>
public sealed class StartTests
{
    [Fact]
    public async Task Several_nodes_started_at_once_on_an_empty_database_all_come_up_and_are_one_couch()
    {
        await using var database = await PostgresServer.NewDatabase();
        var environment = Cluster(database, "couch");
        var nodes = await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => CouchProcess.Start(environment)));
        try
        {
            var invite = await nodes[0].Post("/couch/invites", new { createdBy = "noah" });
            var redeems = await Task.WhenAll(Enumerable.Range(0, 30).Select(i =>
                nodes[i % 3].Http.PostAsJsonAsync("/couch/redeem", new { code = (string)invite["code"]!, name = $"guest-{i}" })));

            Assert.Single(redeems, response => response.StatusCode == HttpStatusCode.Created);
            Assert.Equal(29, redeems.Count(response => response.StatusCode == HttpStatusCode.Conflict));
            foreach (var node in nodes)
                Assert.Equal("redeemed", (string?)(await node.Get($"/couch/invites/{invite["id"]}"))["status"]);
        }
        finally
        {
            foreach (var node in nodes)
                await node.DisposeAsync();
        }
    }

    [Fact]
    public async Task Two_couches_that_write_one_invite_have_one_winner_and_the_other_is_told_to_ask_again()
    {
        await using var database = await PostgresServer.NewDatabase();
        var key = Some.Key();
        await using var here = await CouchProcess.Start(Cluster(database, "here", key));
        await using var there = await CouchProcess.Start(Cluster(database, "there", key));
        var invite = await here.Post("/couch/invites", new { createdBy = "noah" });
        await there.Get($"/couch/invites/{invite["id"]}");
        await here.Post("/couch/redeem", new { code = (string)invite["code"]!, name = "guest-1" });

        var redeem = new { code = (string)invite["code"]!, name = "guest-2" };
        using var lost = await there.Http.PostAsJsonAsync("/couch/redeem", redeem);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, lost.StatusCode);
        Assert.NotNull(lost.Headers.RetryAfter);
        await Until.True(
            async () => (await there.Http.PostAsJsonAsync("/couch/redeem", redeem)).StatusCode == HttpStatusCode.Conflict,
            TimeSpan.FromSeconds(10), "asked again, it is told the truth");
        Assert.Equal(1, (int)(await here.Get("/couch/guests"))["count"]!);
    }

    [Fact]
    public async Task A_second_couch_on_one_folder_refuses_and_names_the_first()
    {
        using var folder = new TemporaryFolder();
        var environment = new Dictionary<string, string> { ["COUCH_DATA_DIR"] = folder["data"] };
        await using var first = await CouchProcess.Start(environment);

        var (exitCode, output) = await CouchProcess.RunToEnd(environment);
        Assert.NotEqual(0, exitCode);
        Assert.Contains(folder["data"], output, StringComparison.Ordinal);
        Assert.Contains($"{first.Id}", output, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("ro,size=1m", "read-only")]
    [InlineData("size=8k", "full")]
    public async Task A_folder_that_cannot_be_written_is_named_with_the_cause(string mount, string cause)
    {
        using var folder = new TemporaryFolder();
        Directory.CreateDirectory(folder["disk"]);
        await Run("mount", "-t", "tmpfs", "-o", mount, "tmpfs", folder["disk"]);
        try
        {
            var (exitCode, output) = await CouchProcess.RunToEnd(new() { ["COUCH_DATA_DIR"] = $"{folder["disk"]}/data" });
            Assert.NotEqual(0, exitCode);
            Assert.Contains(folder["disk"], output, StringComparison.Ordinal);
            Assert.Contains(cause, output, StringComparison.Ordinal);
            Assert.DoesNotContain("   at ", output, StringComparison.Ordinal);
        }
        finally
        {
            await Run("umount", folder["disk"]);
        }
    }

    [Fact]
    public async Task A_disk_that_fills_up_is_a_503_the_log_says_why_and_reading_goes_on()
    {
        using var folder = new TemporaryFolder();
        Directory.CreateDirectory(folder["disk"]);
        await Run("mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", folder["disk"]);
        try
        {
            await using var couch = await CouchProcess.Start(new() { ["COUCH_DATA_DIR"] = $"{folder["disk"]}/data" });
            var invite = await couch.Post("/couch/invites", new { createdBy = "noah" });
            FillUp($"{folder["disk"]}/ballast");
            HttpResponseMessage response;
            for (var i = 0;
                 (response = await couch.Http.PostAsJsonAsync("/couch/invites", new { createdBy = "noah" })).IsSuccessStatusCode;
                 i++)
                Assert.True(i < 2000, "the disk never filled up");

            Assert.Equal(HttpStatusCode.ServiceUnavailable, response.StatusCode);
            // The console has a thread of its own: its line may come after the answer.
            await Until.True(() => Task.FromResult(couch.Output.Contains("disk is full", StringComparison.Ordinal)),
                TimeSpan.FromSeconds(10), "the log says why");
            Assert.Equal("active", (string?)(await couch.Get($"/couch/invites/{invite["id"]}"))["status"]);

            File.Delete($"{folder["disk"]}/ballast");
            await Until.True(
                async () => (await couch.Http.PostAsJsonAsync("/couch/invites", new { createdBy = "noah" })).IsSuccessStatusCode,
                TimeSpan.FromSeconds(30), "room again");
        }
        finally
        {
            await Run("umount", "-l", folder["disk"]);
        }
    }

    private static Dictionary<string, string> Cluster(PostgresServer.EmptyDatabase database, string clusterId, string? key = null) =>
        new(NodeSettings.Of(database.ConnectionString + ";Maximum Pool Size=15", key)) { ["COUCH_CLUSTER_ID"] = clusterId };

    private static void FillUp(string path)
    {
        using var file = new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.None, bufferSize: 0);
        try
        {
            while (true)
            {
                file.Write(new byte[4096]);
            }
        }
        catch (IOException)
        {
        }
    }

    private static async Task Run(string program, params string[] arguments)
    {
        using var process = Process.Start(program, arguments);
        await process.ToEnd();
        Assert.Equal(0, process.ExitCode);
    }
}
