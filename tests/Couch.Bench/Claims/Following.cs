using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Couch.Bench.Load;
using Couch.Bench.Processes;
using Couch.Bench.Rows;
using Couch.Bench.Stores;

namespace Couch.Bench.Claims;

/// <summary>
/// The log of events: what its rows cost a redeem, how soon a commit is seen by a stream on another node, and what open streams
/// that nothing happens in take of a node.
/// </summary>
internal static class Following
{
    private const double MostKiB = 20;
    private const double MostOfACore = 0.15;
    private const int Changes = 300;
    private static readonly TimeSpan Lag = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan Warming = TimeSpan.FromSeconds(5);

    public static async Task Run(Plan plan, Wrk wrk, Report report, StorageEngine engine, Couches couches)
    {
        await using var store = engine.NewStore();
        await store.Fill(Population.Of(plan.Few));
        await Cost(plan, report, store);

        var (writer, reader) = (await couches.Start(store), await couches.Start(store, ManyConnections(plan)));
        await using (writer)
        await using (reader)
        {
            await SeenElsewhere(report, writer, reader);
            await AtRest(plan, report, reader);
        }
    }

    private static Dictionary<string, string> ManyConnections(Plan plan) => new()
    {
        ["COUCH_CONNECTIONS"] = Report.Number(plan.Streams + 1000).Replace(",", "", StringComparison.Ordinal),
    };

    private static async Task Cost(Plan plan, Report report, Store store)
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
    }

    private static async Task SeenElsewhere(Report report, ServerProcess writer, ServerProcess reader)
    {
        using var http = new HttpClient();
        var host = CouchClients.Of(http, writer.Address);
        using var stream = await Stream.Open(reader.Address);
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

    private static async Task AtRest(Plan plan, Report report, ServerProcess node)
    {
        var before = node.Resident();
        var streams = new List<Stream>();
        try
        {
            for (var opened = 0; opened < plan.Streams; opened++)
                streams.Add(await Stream.Open(node.Address));
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
        public static async Task<Stream> Open(Uri couch)
        {
            var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { ReceiveBufferSize = 16 * 1024 };
            await socket.ConnectAsync(IPAddress.Loopback, couch.Port);
            await socket.SendAsync("GET /couch/events/stream HTTP/1.1\r\nHost: localhost\r\n\r\n"u8.ToArray());
            // The answer has begun, so what happens from now on is in it.
            await socket.ReceiveAsync(new byte[4096]);
            return new(socket);
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
