using System.Diagnostics;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Couch.Cluster;
using Couch.Tests.Support;
using Xunit;

namespace Couch.Tests.Gateway;

/// <summary>What a couch prints serves whoever reads it, and holds up nothing where nobody does.</summary>
public sealed class LogOutputTests : IDisposable
{
    /// <summary>A pipe holds 64 KiB, and a line is some 150 bytes.</summary>
    private const int MoreThanAPipeHolds = 1000;

    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(20);

    private readonly TemporaryFolder folder = new();

    [Fact]
    public async Task A_pipe_that_nobody_reads_holds_up_no_request_no_kill_and_no_end_and_what_was_dropped_is_told_once_it_is_read()
    {
        var path = folder["pipe"];
        using (var made = Process.Start("mkfifo", [path]))
            await made.ToEnd();
        // Open for both, so that neither side waits for the other.
        await using var pipe = new FileStream(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite, bufferSize: 0);
        await using var couch = await Start(path, new() { ["Logging__Console__MaxQueueLength"] = "20" });

        await SayMoreThanAPipeHolds(couch);
        var redeemed = await couch.Anyone.Arrive();
        (await couch.Anyone.Delete($"/couch/guests/{redeemed["guestId"]}")).Is(200);

        // Whoever reads again is told with the next line that there is room for.
        var read = new StringBuilder();
        using var over = new CancellationTokenSource();
        var reading = Read(pipe, read, over.Token);
        await Until.True(
            async () =>
            {
                await couch.Anyone.Invite();
                lock (read)
                    return read.ToString().Contains("dropped", StringComparison.Ordinal);
            },
            Bound,
            "the lines that were dropped are told");
        Assert.Matches("[0-9]+ message\\(s\\) dropped", read.ToString());
        await over.CancelAsync();
        await couch.Anyone.Invite();
        await reading;

        await SayMoreThanAPipeHolds(couch);
        await couch.End().WaitAsync(Bound, TimeProvider.System);
        Assert.Equal(0, couch.ExitCode);
    }

    [Fact]
    public async Task A_disk_that_is_full_keeps_no_couch_from_starting_working_and_ending()
    {
        await using var couch = await Start("/dev/full");

        await couch.Anyone.Arrive();
        await couch.End().WaitAsync(Bound, TimeProvider.System);

        Assert.Equal(0, couch.ExitCode);
    }

    [Fact]
    public async Task A_log_collector_that_asks_for_json_is_given_nothing_else()
    {
        await using var couch = await CouchProcess.Start(Settings(new() { ["Logging__Console__FormatterName"] = "json" }));
        await couch.Anyone.Invite();
        await couch.End();

        var lines = couch.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
            .Select(line => JsonNode.Parse(line)!.AsObject()).ToList();
        Assert.All(lines, line => Assert.True(DateTimeOffset.TryParse((string?)line["Timestamp"], out _), line.ToJsonString()));
        Assert.Contains(lines, line => ((string?)line["Message"])!.StartsWith("Couch listens on http://", StringComparison.Ordinal));
        Assert.Contains(lines, line => ((string?)line["Message"])!.StartsWith("couch.invite.created",
            StringComparison.Ordinal) && line["State"]!["InviteId"]?.GetValueKind() is JsonValueKind.String);
    }

    public void Dispose() => folder.Dispose();

    private static Task SayMoreThanAPipeHolds(CouchProcess couch) =>
        Parallel.ForAsync(
            0, MoreThanAPipeHolds, new ParallelOptions { MaxDegreeOfParallelism = 8 }, async (_, _) => await couch.Anyone.Invite());

    private Task<CouchProcess> Start(string outputTo, Dictionary<string, string>? more = null) =>
        CouchProcess.Start(Settings(more ?? []), outputTo: outputTo);

    private Dictionary<string, string> Settings(Dictionary<string, string> more) =>
        new Dictionary<string, string> { ["COUCH_DATA_DIR"] = folder["data"] }.And(more);

    private static async Task Read(FileStream pipe, StringBuilder read, CancellationToken cancel)
    {
        var buffer = new byte[4096];
        while (!cancel.IsCancellationRequested)
        {
            var count = await pipe.ReadAsync(buffer, CancellationToken.None);
            lock (read)
                read.Append(Encoding.UTF8.GetString(buffer, 0, count));
        }
    }
}
