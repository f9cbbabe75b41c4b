using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Couch.Bench.Load;
using Couch.Bench.Processes;
using Couch.Bench.Rows;
using Couch.Bench.Stores;
using Couch.Client;
using Couch.Domain.Capabilities;

namespace Couch.Bench.Claims;

/// <summary>
/// The log of events: what its rows cost a redeem, how soon a commit is seen by a stream on another node, and what open streams
/// that nothing happens in take of a node. The streams are a made key's, which each of them asks for again at every heartbeat.
/// </summary>
internal static class Following
{
    private const double MostKiB = 20;
    private const double MostOfACore = 0.15;
    private const double MostOfARedeem = 0.1;
    private const string HostKey = "the benchmark's own host key";
    private const int Changes = 3_000;
    private static readonly TimeSpan Lag = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan LongestRead = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Warming = TimeSpan.FromSeconds(5);

    public static async Task Run(Plan plan, Wrk wrk, Report report, StorageEngine engine, Couches couches)
    {
        var population = Population.Of(plan.Few);
        await using var store = engine.NewStore();
        await store.Fill(population);
        var added = await Cost(plan, report, store);

        await using var writer = await couches.Start(store);
        await OfARedeem(plan, wrk, report, couches.Keys, new(writer, population), added);
        await using var reader = await couches.Start(store, Reader(plan));
        using var http = new HttpClient();
        var key = (await CouchClients.Of(http, reader.Address, HostKey).Keys.Create(new() { Name = "reader", Scopes = ["events"] }))
            .Key.Reveal();
        await SeenElsewhere(report, writer, reader, key);
        await AtRest(plan, report, reader, key, CouchClients.Of(http, writer.Address));
    }

    private static Dictionary<string, string> Reader(Plan plan) => new()
    {
        ["COUCH_AUTH_TOKEN"] = HostKey,
        ["COUCH_CONNECTIONS"] = Report.Number(plan.Streams + 1000).Replace(",", "", StringComparison.Ordinal),
    };

    /// <returns>What the events add to a redeem's rows.</returns>
    private static async Task<TimeSpan> Cost(Plan plan, Report report, Store store)
    {
        await using var bare = await store.CopyBare();
        var (with, without) = (new Rounds(), new Rounds());
        await bare.Create(Plan.Writers, Warming);
        await bare.Redeem(Plan.Writers, Warming, together: false);
        for (var round = 0; round < plan.Rounds; round++)
        {
            await bare.Create(Plan.Writers, 2 * plan.Time);
            with.Add(await bare.Redeem(Plan.Writers, plan.Time, together: false));
            without.Add(await bare.Redeem(Plan.Writers, plan.Time, together: false, isLogged: false));
        }

        report.Share("a redeem's rows with their events, bare", with, "without events", without);
        return PerRedeem(with) - PerRedeem(without);
    }

    /// <summary>What the events add to a redeem's rows, against a whole redeem of the couch's in the same run.</summary>
    private static async Task OfARedeem(Plan plan, Wrk wrk, Report report, SigningKeys keys, FilledCouch couch, TimeSpan added)
    {
        using var created = new CreatedInvites(couch, keys);
        var creation = wrk.Keep([CreatedInvites.Creation]);
        async Task<Round> Redeem(TimeSpan time)
        {
            await wrk.Post(couch.Server.Address, "/couch/invites", creation, Plan.Writers, time + Writes.Surplus);
            return await wrk.Post(
                couch.Server.Address, "/couch/redeem", wrk.Keep(await created.Bodies()), Plan.Writers, time, once: true);
        }

        await Redeem(plan.WriteWarmUp);
        var redeems = new Rounds();
        for (var round = 0; round < plan.Rounds; round++)
            redeems.Add(await Redeem(plan.Time));

        var (whole, share) = (PerRedeem(redeems), added / PerRedeem(redeems));
        report.Within(
            $"what that is of a couch's redeem ({Microseconds(added)} of {Microseconds(whole)})",
            $"{Report.Number(Math.Round(share * 100, 1))} %", "≤ 10 %", share <= MostOfARedeem);

        static string Microseconds(TimeSpan time) => $"{Report.Number(Math.Round(time.TotalMicroseconds))} µs";
    }

    private static TimeSpan PerRedeem(Rounds rounds) => TimeSpan.FromSeconds(1 / rounds.PerSecond);

    private static async Task SeenElsewhere(Report report, ServerProcess writer, ServerProcess reader, string key)
    {
        using var http = new HttpClient();
        var host = CouchClients.Of(http, writer.Address);
        using var stream = await Stream.Open(reader.Address, key);
        var (seen, clock) = (new Dictionary<string, long>(), TimeProvider.System);
        using var end = new CancellationTokenSource();
        var reading = stream.Read(
            line =>
            {
                lock (seen)
                    seen[Id(line)] = clock.GetTimestamp();
            },
            end.Token);

        var answered = new Dictionary<string, long>();
        for (var change = 0; change < Changes; change++)
        {
            var invite = await host.Invites.Create(new() { CreatedBy = Wording.CreatedBy });
            answered[invite.Id] = clock.GetTimestamp();
        }

        await Until.True(
            () =>
            {
                lock (seen)
                    return answered.Keys.All(seen.ContainsKey);
            }, "all are seen");
        await end.CancelAsync();
        await reading;
        // What is seen before its writer has its answer is seen at once.
        var lags = new Times(answered.Skip(Changes / 10).Select(
            one => clock.GetElapsedTime(one.Value, seen[one.Key]) is var lag && lag > TimeSpan.Zero ? lag : TimeSpan.Zero));
        report.Within("a change's answer → seen by a stream on another node", lags.ToString(), "p99 ≤ 50 ms", lags.P99 <= Lag);

        static string Id(string data) =>
            JsonDocument.Parse(data["data: ".Length..]).RootElement.GetProperty("payload").GetProperty("inviteId").GetString()!;
    }

    private static async Task AtRest(Plan plan, Report report, ServerProcess node, string key, CouchClient host)
    {
        var before = node.Resident();
        var streams = new List<Stream>();
        try
        {
            for (var opened = 0; opened < plan.Streams; opened++)
                streams.Add(await Stream.Open(node.Address, key));
            await Task.Delay(Warming, TimeProvider.System);
            var each = (node.Resident() - before) / 1024.0 / streams.Count;
            report.Within(
                $"an open stream, of {Report.Number(streams.Count)}", $"{Report.Number(Math.Round(each, 1))} KiB", "≤ 20 KiB",
                each <= MostKiB);

            var (began, processor) = (TimeProvider.System.GetTimestamp(), node.Processor());
            await Task.Delay(plan.AtRest, TimeProvider.System);
            var share = (node.Processor() - processor) / TimeProvider.System.GetElapsedTime(began);
            report.Within(
                $"{Report.Number(streams.Count)} streams at rest", $"{Report.Number(Math.Round(share * 100, 1))} % of a core", "≤ 15 %",
                share <= MostOfACore);

            // Streams that have ended are at rest, too.
            var invite = await host.Invites.Create(new() { CreatedBy = Wording.CreatedBy });
            using var end = new CancellationTokenSource(LongestRead);
            var seen = 0;
            foreach (var stream in streams)
                seen += await stream.Sees(invite.Id, end.Token) ? 1 : 0;
            report.Within("of these, sent the next event", Report.Number(seen), "all", seen == streams.Count);
        }
        finally
        {
            foreach (var stream in streams)
                stream.Dispose();
        }
    }

    /// <summary>A stream of events on a bare socket: its reader must cost less than what it reads.</summary>
    private sealed class Stream(Socket socket) : IDisposable
    {
        public static async Task<Stream> Open(Uri couch, string key)
        {
            var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { ReceiveBufferSize = 16 * 1024 };
            await socket.ConnectAsync(IPAddress.Loopback, couch.Port);
            await socket.SendAsync(Encoding.ASCII.GetBytes(
                $"GET /couch/events/stream HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {key}\r\n\r\n"));
            // The answer has begun, so what happens from now on is in it.
            await socket.ReceiveAsync(new byte[4096]);
            return new(socket);
        }

        /// <summary>Whether an event with this text comes before the end.</summary>
        public async Task<bool> Sees(string text, CancellationToken end)
        {
            var (seen, buffer) = ("", new byte[4096]);
            try
            {
                while (!seen.Contains(text, StringComparison.Ordinal))
                {
                    var count = await socket.ReceiveAsync(buffer, end);
                    if (count == 0)
                        return false;
                    seen += Encoding.UTF8.GetString(buffer, 0, count);
                }

                return true;
            }
            catch (Exception ended) when (ended is OperationCanceledException or SocketException)
            {
                return false;
            }
        }

        public async Task Read(Action<string> seen, CancellationToken end)
        {
            try
            {
                using var lines = new StreamReader(new NetworkStream(socket), Encoding.UTF8);
                while (await lines.ReadLineAsync(end) is { } line)
                {
                    if (line.StartsWith("data: ", StringComparison.Ordinal))
                        seen(line);
                }
            }
            catch (OperationCanceledException)
            {
            }
        }

        public void Dispose() => socket.Dispose();
    }
}
