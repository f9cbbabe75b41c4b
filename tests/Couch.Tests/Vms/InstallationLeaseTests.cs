using System.Text.Json;
using Couch.Cluster.Storage;
using Couch.Cluster.Telemetry;
using Couch.Cluster.Vms;
using Couch.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Couch.Tests.Vms;

/// <summary>Couches with one installation's data at one provider: the original, copies of it, and more nodes of one.</summary>
public sealed class InstallationLeaseTests : IAsyncLifetime
{
    private static readonly TimeSpan Round = TimeSpan.FromSeconds(20);

    private readonly FakeTimeProvider clock = new(Some.Time);
    private readonly List<IAsyncDisposable> opened = [];
    private readonly List<Node> nodes = [];
    private VersAtHand at = null!;

    public async ValueTask InitializeAsync() => at = await VersAtHand.Start();

    public async ValueTask DisposeAsync()
    {
        nodes.ForEach(node => node.Dispose());
        foreach (var one in opened)
            await one.DisposeAsync();
        await at.DisposeAsync();
    }

    [Fact]
    public async Task A_copy_does_nothing_while_its_original_goes_on_and_the_original_does_not_mind()
    {
        var original = await Couch();
        await original.MustBeAlone();
        var copy = await Copy(original);
        await Exchanged(original);

        for (var round = 0; round < 20; round++)
        {
            await IsContested(copy);
            clock.Advance(Round);
            await original.Look();
            await copy.Look();
            await original.MustBeAlone();
        }
    }

    [Fact]
    public async Task A_copy_takes_the_place_of_an_original_that_has_ended_once_its_mark_has_stood_still_for_a_minute()
    {
        var original = await Couch();
        await original.MustBeAlone();
        var copy = await Copy(original);
        await Exchanged(original);

        await IsContested(copy);
        clock.Advance(InstallationLease.StandsStill - TimeSpan.FromSeconds(1));
        await copy.Look();
        await IsContested(copy);
        clock.Advance(TimeSpan.FromSeconds(1));
        await copy.Look();
        await copy.MustBeAlone();

        // The original comes back, and is the second now.
        clock.Advance(Round);
        await copy.Look();
        await original.Look();
        await IsContested(original);
    }

    [Fact]
    public async Task A_node_that_stood_still_while_another_couch_took_its_place_destroys_nothing_when_it_wakes()
    {
        var original = await Couch();
        await original.MustBeAlone();
        var copy = await Copy(original);
        await Exchanged(original);
        await IsContested(copy);
        clock.Advance(InstallationLease.StandsStill);
        await copy.Look();

        await IsContested(original);
    }

    [Fact]
    public async Task Nodes_of_one_couch_exchange_its_mark_for_each_other()
    {
        var first = await Couch();
        var second = await Beside(first);
        var marks = new HashSet<string?>();
        for (var round = 0; round < 20; round++)
        {
            await Task.WhenAll(first.Look(), second.Look());
            await first.MustBeAlone();
            await second.MustBeAlone();
            marks.Add(at.Vers.Tags.Description(first.Tag));
            clock.Advance(Round);
        }

        Assert.InRange(marks.Count, 18, 20);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_mark_that_was_not_written_to_its_end_is_not_taken_for_another_couchs(bool hasArrived)
    {
        var torn = new TornMark(at.Host.Mark!) { Arrives = hasArrived };
        var couch = await Couch(torn);
        await couch.MustBeAlone();
        torn.IsTorn = true;
        for (var tries = 0; tries < 10; tries++)
        {
            clock.Advance(Round);
            await couch.Look();
            await couch.MustBeAlone();
        }

        torn.IsTorn = false;
        await couch.Look();
        await (await Beside(couch)).MustBeAlone();
        Assert.Equal((await couch.Marks()).Split(' ')[^1], at.Vers.Tags.Description(couch.Tag));
    }

    [Fact]
    public async Task A_node_that_finds_the_first_mark_of_its_couch_on_its_way_is_not_alone_for_less()
    {
        var torn = new TornMark(at.Host.Mark!) { IsTorn = true };
        var first = await Couch(torn);
        await first.MustBeAlone();
        Assert.Null(at.Vers.Tags.Description(first.Tag));

        var second = await Beside(first);
        await second.MustBeAlone();
        Assert.Equal(await first.Marks(), at.Vers.Tags.Description(first.Tag));
    }

    [Fact]
    public async Task An_engine_whose_node_was_away_has_an_old_mark_of_its_couch_and_no_other_couchs()
    {
        var here = await Couch();
        await here.MustBeAlone();
        var old = at.Vers.Tags.Description(here.Tag)!;
        for (var round = 0; round < 20; round++)
        {
            clock.Advance(Round);
            await here.Look();
        }

        Assert.DoesNotContain(old, await here.Marks(), StringComparison.Ordinal);
        await at.Host.Mark!.Write(here.Installation, old, default);
        var there = await Beside(here);
        await there.MustBeAlone();
        Assert.EndsWith(at.Vers.Tags.Description(here.Tag)!, await here.Marks(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_was_seen_last_counts_while_the_provider_says_nothing()
    {
        var torn = new TornMark(at.Host.Mark!);
        var original = await Couch(torn);
        await original.MustBeAlone();
        var copy = await Copy(original, torn);
        await Exchanged(original);
        await IsContested(copy);

        torn.IsSilent = true;
        clock.Advance(Round * 10);
        await original.MustBeAlone();
        await IsContested(copy);
    }

    [Fact]
    public async Task A_container_engine_keeps_a_mark_and_gives_it_back()
    {
        await using var engine = new ContainerEngine();
        var mark = engine.Host(ContainerEngine.Idle).Mark;
        Assert.Empty(await mark.Read(engine.Installation, TestCouch.Cancel));
        foreach (var text in new[] { "1.a", "2.b", "2.b" })
        {
            await mark.Write(engine.Installation, text, TestCouch.Cancel);
            Assert.Equal([text], await mark.Read(engine.Installation, TestCouch.Cancel));
        }
    }

    /// <summary>For real: the copy's guest comes to the end that its original has put off, and the sandbox that both name stays.</summary>
    [Fact]
    public async Task A_copy_leaves_the_sandbox_of_a_guest_that_its_original_has_extended()
    {
        using var folders = new TemporaryFolder();
        await using var engine = new ContainerEngine();
        await using var original = await OnEngine(folders["original"]);
        var stay = await original.Anyone.Arrive(
            new { createdBy = "noah", resourceLimits = new { maxDurationHours = 40 / 3600.0, maxMemoryMB = 32 } });
        var vmId = (string)(await original.Anyone.Get($"/couch/status?token={stay["authToken"]}&wait=60")).Is(200)["vmId"]!;

        await DeployScript.Run(0, "backup.sh", ["sqlite", folders["original"], folders["backup"]]);
        await DeployScript.Run(0, "restore.sh", ["sqlite", folders["backup"], folders["copy"]]);
        var mark = engine.Host(ContainerEngine.Idle).Mark;
        var installation = (await engine.Inspect(vmId))!.Config.Labels["couch.installation"];
        var copied = await mark.Read(installation, TestCouch.Cancel);
        await Until.True(async () => !(await mark.Read(installation, TestCouch.Cancel)).Intersect(copied).Any(), TimeSpan.FromSeconds(30),
            "the original has exchanged its mark since");
        (await original.Anyone.Post($"/couch/guests/{stay["guestId"]}/extend", new { hours = 1 })).Is(200);
        var page = $"/couch/guests/{stay["guestId"]}";
        await using (var copy = await OnEngine(folders["copy"]))
        {
            var ended = await Until.Gives(
                async () => (await copy.Anyone.Get(page)).Is(200),
                answer => ((string?)answer.Json["vm"]!["lastError"])?.Contains("Another couch", StringComparison.Ordinal) is true,
                TimeSpan.FromSeconds(60), "the copy says why it destroys nothing");
            Assert.Equal("expired", ended["status"]);
            Assert.Equal("running", (await engine.Inspect(vmId))!.State.Status);
            Assert.Equal("running", (await original.Anyone.Get(page)).Is(200)["status"]);
        }

        (await original.Anyone.Delete(page)).Is(200);
        await Until.True(async () => await engine.Inspect(vmId) is null, TimeSpan.FromSeconds(60), "the original's kill destroys it");
    }

    private static Task<CouchHost> OnEngine(string data) => CouchHost.Start(
        $"--COUCH_DATA_DIR={data}", $"--DOCKER_HOST={ContainerEngine.Address}", $"--COUCH_DOCKER_IMAGE={ContainerEngine.Image}",
        $"--COUCH_DOCKER_BRIDGE={ContainerEngine.Bridge}", $"--COUCH_DOCKER_COMMAND={JsonSerializer.Serialize(ContainerEngine.Idle)}");

    private async Task<CouchDatabase> EmptyDatabase()
    {
        var engine = new SqliteEngine();
        await engine.InitializeAsync();
        opened.Add(engine);
        return engine.Database;
    }

    private async Task<Node> Couch(IInstallationMark? mark = null) => await On(await EmptyDatabase(), mark);

    /// <summary>Another node of the same couch.</summary>
    private Task<Node> Beside(Node couch) => On(couch.Database, null);

    private async Task<Node> On(CouchDatabase database, IInstallationMark? mark)
    {
        var node = await Node.On(database, mark ?? at.Host.Mark!, clock);
        nodes.Add(node);
        return node;
    }

    private async Task<Node> Copy(Node original, IInstallationMark? mark = null)
    {
        var data = await EmptyDatabase();
        await original.CopyTo(data);
        return await On(data, mark);
    }

    private async Task Exchanged(Node original)
    {
        clock.Advance(InstallationLease.Renewal);
        await original.Look();
    }

    private static async Task IsContested(Node couch) => Assert.Contains(
        "Another couch", (await Assert.ThrowsAsync<VmProviderException>(couch.MustBeAlone)).Message, StringComparison.Ordinal);

    /// <summary>A provider that fails at will.</summary>
    private sealed class TornMark(IInstallationMark kept) : IInstallationMark
    {
        /// <summary>Whether a mark arrives whose writer hears of a failure.</summary>
        public bool Arrives { get; init; }

        public bool IsTorn { get; set; }

        public bool IsSilent { get; set; }

        public Task<IReadOnlyCollection<string>> Read(string installation, CancellationToken cancel) =>
            IsSilent ? throw new VmProviderException("it says nothing") : kept.Read(installation, cancel);

        public async Task Write(string installation, string mark, CancellationToken cancel)
        {
            if (!IsTorn || Arrives)
                await kept.Write(installation, mark, cancel);
            if (IsTorn)
                throw new VmProviderException("its answer was lost");
        }
    }

    /// <summary>One node: its lease, on a database that it may share.</summary>
    private sealed class Node(CouchDatabase database, FakeTimeProvider clock) : IDisposable
    {
        private static readonly CouchMeter Meter = new ServiceCollection().AddMetrics().AddSingleton<CouchMeter>().BuildServiceProvider()
            .GetRequiredService<CouchMeter>();

        private readonly Installation installation = new(database, clock, Some.Random);
        private InstallationLease lease = null!;

        public string Installation => installation.Id;

        public string Tag => "couch-" + Installation.ToLowerInvariant();

        public static async Task<Node> On(CouchDatabase database, IInstallationMark mark, FakeTimeProvider clock)
        {
            var node = new Node(database, clock);
            await node.installation.Load(TestCouch.Cancel);
            node.lease = new("vers", mark, node.installation, Meter, Some.Random, clock, NullLogger<InstallationLease>.Instance);
            return node;
        }

        public CouchDatabase Database => database;

        /// <summary>What of this couch's data tells it from others, in another database.</summary>
        public async Task CopyTo(CouchDatabase copy)
        {
            await using var connection = await copy.Writes.OpenConnectionAsync(TestCouch.Cancel);
            await using var command = connection.CreateCommand();
            command.CommandText = "INSERT INTO installation (service, id, marks) VALUES (@service, @id, @marks)";
            command.Add("service", GrainKinds.Service);
            command.Add("id", Installation);
            command.Add("marks", await Marks());
            await command.ExecuteNonQueryAsync(TestCouch.Cancel);
        }

        public Task<string> Marks() => installation.Marks(TestCouch.Cancel);

        public Task Look() => lease.Look(TestCouch.Cancel);

        public Task MustBeAlone() => lease.MustBeAlone();

        public void Dispose() => lease.Dispose();
    }
}
