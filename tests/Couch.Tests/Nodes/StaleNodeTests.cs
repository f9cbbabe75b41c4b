using System.Collections.Concurrent;
using System.Net.Sockets;
using Couch.Tests.Support;
using Xunit;

namespace Couch.Tests.Nodes;

/// <summary>A node that the others have given up, and that does not know it yet: it tells nobody what was true before.</summary>
public sealed class StaleNodeTests : IAsyncLifetime
{
    private const int Guests = 24;
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan Breath = TimeSpan.FromMilliseconds(100);

    private readonly string key = Some.Key();
    private readonly List<CouchProcess> nodes = [];
    private readonly List<TcpProxy> proxies = [];

    // A paused node answers when it goes on, however long that takes.
    private readonly HttpClient http = new(new SocketsHttpHandler { MaxConnectionsPerServer = 400,
        UseCookies = false }) { Timeout = 2 * Minute };
    private PostgresServer.EmptyDatabase database = null!;

    public async ValueTask InitializeAsync() => database = await PostgresServer.NewDatabase();

    public async ValueTask DisposeAsync()
    {
        foreach (var node in nodes)
            await node.DisposeAsync();
        foreach (var proxy in proxies)
            await proxy.DisposeAsync();
        await database.DisposeAsync();
        http.Dispose();
    }

    [Fact]
    public async Task A_node_that_stood_still_tells_nobody_who_was_queued_at_it_of_what_was_ended_meanwhile()
    {
        var sleeper = await Start(NodeSettings.Of(database.ConnectionString, key));
        var other = await Start(NodeSettings.Of(database.ConnectionString, key));
        await Start(NodeSettings.Of(database.ConnectionString, key));
        var party = await Party.Arrive(sleeper);

        // Begun before the pause, and over while it lasts.
        var begun = party.Guests.Where(guest => !guest.IsRunning).Select(guest => Ask(sleeper, guest.Poll + "&wait=10")).ToList();
        await Until.True(async () => (await Ask(sleeper, "/health/ready")).Status is 200, Minute, "those who wait are in line");
        await sleeper.StandStill();
        var queued = party.Questions.Select(question => Ask(sleeper, question)).ToList();
        await party.End(other);
        queued.AddRange(party.Questions.Select(question => Ask(sleeper, question)));
        // Every byte is in the node's sockets by then: another's answers have come.
        await Until.True(async () => (await Ask(other, party.Questions[0])).Status is 404, Minute, "the other node answers");
        Assert.DoesNotContain(queued, one => one.IsCompleted);
        await sleeper.GoOn();

        var answers = await Task.WhenAll([.. begun, .. queued]);
        Assert.DoesNotContain(answers, Party.IsStale);
        Assert.Contains(answers, answer => answer.Status is 503);
        await Until.True(() => Task.FromResult(!sleeper.IsRunning), Minute, "the node that was given up ends");
    }

    [Fact]
    public async Task A_node_cut_off_from_its_peers_and_the_database_is_not_ready_and_tells_nobody_of_what_was_ended_elsewhere()
    {
        await using var toDatabase = TcpProxy.Before(database.ConnectionString, out var through);
        var lonely = await StartBehindProxy(through);
        var other = await StartBehindProxy(database.ConnectionString);
        var party = await Party.Arrive(lonely);

        using var over = new CancellationTokenSource();
        var told = new ConcurrentBag<Told>();
        toDatabase.Hang();
        proxies.ForEach(proxy => proxy.Hang());
        var asking = party.Questions.Select(question => AskOn(lonely, question, told, over.Token)).ToList();
        await Until.True(async () => (await Ask(lonely, "/health/ready")).Status is 503, Minute, "it is not ready");
        Assert.Equal("unconfirmed", (await Ask(lonely, "/health/ready"))["silo"]);
        Assert.Equal("ok", (await Ask(lonely, "/health"))["status"]);
        await party.End(other);
        var ended = TimeProvider.System.GetTimestamp();
        // Grains of the other node are asked in vain for as long as a call may take; its own it knows.
        await Until.True(() => Task.FromResult(told.Count(one => one.Asked > ended) > party.Questions.Count), Minute, "it is asked again");
        await over.CancelAsync();
        await Task.WhenAll(asking);

        Assert.DoesNotContain(told, one => one.Asked > ended && Party.IsStale(one.Answer));
        Assert.Equal(503, (await Ask(lonely, "/health/ready")).Status);
    }

    /// <summary>Whoever loses the database alone says so, and answers again at once when it is back.</summary>
    [Fact]
    public async Task Nodes_that_all_lose_the_database_answer_503_and_all_of_them_answer_again_when_it_is_back()
    {
        await using var toDatabase = TcpProxy.Before(database.ConnectionString, out var through);
        var one = await Start(NodeSettings.Of(through, key));
        var two = await Start(NodeSettings.Of(through, key));
        var party = await Party.Arrive(one);

        toDatabase.GoDead();
        foreach (var node in new[] { one, two })
            await Until.True(async () => (await Ask(node, party.Questions[0])).Status is 503, Minute, "polls are 503");
        toDatabase.Heal();
        foreach (var node in new[] { one, two })
        {
            await node.IsReady(Minute);
            await Until.True(async () => (await Ask(node, party.Questions[0]))["status"] is "running", Minute, "guests are answered again");
            Assert.True(node.IsRunning);
        }
    }

    private async Task AskOn(CouchProcess node, string question, ConcurrentBag<Told> told, CancellationToken until)
    {
        while (!until.IsCancellationRequested)
        {
            var asked = TimeProvider.System.GetTimestamp();
            told.Add(new(asked, await Ask(node, question)));
            await Task.Delay(Breath, TimeProvider.System, until).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>What it answers; nothing where the connection breaks: a node that finds itself given up ends.</summary>
    private async Task<Answer> Ask(CouchProcess node, string path)
    {
        try
        {
            using var response = await http.GetAsync(new Uri(node.Http.BaseAddress!, path));
            return new((int)response.StatusCode, response.Headers, response.Content.Headers, await response.Content.ReadAsStringAsync());
        }
        catch (Exception broken) when (broken is HttpRequestException or SocketException or IOException)
        {
            using var none = new HttpResponseMessage();
            return new(0, none.Headers, none.Content.Headers, broken.Message);
        }
    }

    private async Task<CouchProcess> Start(Dictionary<string, string> settings, string program = CouchProcess.Gateway)
    {
        nodes.Add(await CouchProcess.Start(settings, program));
        return nodes[^1];
    }

    /// <summary>A node that its peers reach by a proxy alone.</summary>
    private Task<CouchProcess> StartBehindProxy(string connection)
    {
        var port = FreePort.Find(1)[0];
        proxies.Add(new(port));
        return Start(
            new(NodeSettings.Of(connection, key)) { ["COUCH_SILO_PORT"] = $"{port}", ["SILO_REACHED_AT"] = $"{proxies[^1].Port}" },
            CouchProcess.Skewed);
    }

    private sealed record Told(long Asked, Answer Answer);

    /// <summary>
    /// Guests and invites: half of the guests are provisioning, half are running, some on each node; the invites are on the node that made
    /// them.
    /// </summary>
    private sealed record Party(
        IReadOnlyList<(string Id, string Poll, bool IsRunning)> Guests, IReadOnlyList<(string Id, string Preview)> Invites)
    {
        public IReadOnlyList<string> Questions { get; } =
        [
            .. Guests.SelectMany(guest => new[] { guest.Poll, $"/couch/guests/{guest.Id}/status" }),
            .. Invites.Select(invite => invite.Preview),
        ];

        public static async Task<Party> Arrive(CouchProcess node)
        {
            var guests = new List<(string, string, bool)>();
            var invites = new List<(string, string)>();
            for (var number = 0; number < StaleNodeTests.Guests; number++)
            {
                guests.Add(await Made(() => Guest(node, $"guest-{number}", isRunning: number % 2 is 0)));
                if (number % 4 is 0)
                    invites.Add(await Made(() => Invite(node)));
            }

            return new(guests, invites);
        }

        /// <summary>Kills every guest and revokes every invite; once it returns, each has been acknowledged.</summary>
        public Task End(CouchProcess node) => Parallel.ForEachAsync(
            [.. Guests.Select(guest => $"/couch/guests/{guest.Id}"), .. Invites.Select(invite => $"/couch/invites/{invite.Id}")],
            new ParallelOptions { MaxDegreeOfParallelism = 64 },
            // Where the node that has it does not answer, it is asked again until another has it.
            async (path, _) => await Until.True(async () => await IsEnded(node, path), 2 * Minute, $"{path} is ended"));

        /// <summary>Whether somebody is told that a guest stays, or that an invite is open.</summary>
        public static bool IsStale(Answer answer) => answer.Status is 200 && answer["status"] is "running" or "provisioning" or "active";

        private static async Task<bool> IsEnded(CouchProcess node, string path)
        {
            try
            {
                using var response = await node.Http.DeleteAsync(path);
                // A try before this one may have been done.
                return (int)response.StatusCode is 200
                    || ((int)response.StatusCode is 400 && (await response.Content.ReadAsStringAsync()).Contains("revoked",
                        StringComparison.Ordinal));
            }
            catch (TaskCanceledException)
            {
                return false;
            }
        }

        /// <summary>Nodes that have just met may be busy with each other: what one does not answer for is made anew.</summary>
        private static async Task<T> Made<T>(Func<Task<T?>> make)
            where T : struct => (await Until.Gives(make, made => made is not null, Minute, "they arrive")).GetValueOrDefault();

        private static async Task<(string, string, bool)?> Guest(CouchProcess node, string name, bool isRunning)
        {
            var invite = await node.Anyone.Post("/couch/invites", new { createdBy = "noah" });
            if (invite.Status is 503)
                return null;
            var stay = await node.Anyone.Redeem(invite.Is(201), name);
            if (stay.Status is 503)
                return null;
            var id = stay.Is(201)["guestId"]!;
            if (isRunning)
            {
                var given = new { vmId = $"vm-of-{name}", agentEndpoint = "http://vm" };
                var activated = await node.Anyone.Post($"/couch/guests/{id}/activate", given);
                if (activated.Status is 503)
                    return null;
                activated.Is(200);
            }

            return (id, $"/couch/status?token={stay["authToken"]}", isRunning);
        }

        private static async Task<(string, string)?> Invite(CouchProcess node)
        {
            var invite = await node.Anyone.Post("/couch/invites", new { createdBy = "noah" });
            return invite.Status is 503 ? null : (invite.Is(201)["id"]!, $"/couch/invites/preview?code={invite["code"]}");
        }
    }
}
