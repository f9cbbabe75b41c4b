using System.Diagnostics;
using Couch.Gateway.Connections;
using Couch.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace Couch.Tests.Mcp;

/// <summary>Agents that wait by MCP cost the couch what others that wait do.</summary>
public sealed class WaitingAgentTests(KeyedCouchHost couch, ITestOutputHelper output) : IClassFixture<KeyedCouchHost>
{
    private const string Wait = """{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"my_stay","arguments":{"wait":60}}}""";

    /// <summary>Less than the wait, so that it is not its end that is seen.</summary>
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(30);

    /// <summary>Enough for a slow machine.</summary>
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(120);

    [Fact]
    public async Task A_thousand_wait_at_once_and_each_is_told_when_it_runs()
    {
        const int crowd = 1000;
        var stays = await Task.WhenAll(Enumerable.Range(0, crowd / 50).Select(_ => couch.Host.Arrive()));
        using var http = new HttpClient(new SocketsHttpHandler { UseCookies = false, UseProxy = false });

        // They come a hundred at a time: what is claimed is of waiting, and a listening socket keeps 512 that were not accepted yet.
        var told = new List<Task<string>>();
        for (var i = 0; i < crowd; i++)
        {
            told.Add(UntilItRuns(http, stays[i % stays.Length]["authToken"]!));
            if (told.Count % 100 == 0)
                await AllWait(told.Count);
        }

        // Others are served meanwhile.
        (await couch.Host.Get("/couch/guests")).Is(200);
        var began = Stopwatch.GetTimestamp();
        foreach (var stay in stays)
            (await couch.Host.Post($"/couch/guests/{stay["guestId"]}/activate", new { vmId = "vm", agentEndpoint = "http://vm" })).Is(200);
        var bodies = await Task.WhenAll(told).WaitAsync(Bound);

        output.WriteLine($"{crowd} were told within {Stopwatch.GetElapsedTime(began).TotalMilliseconds:0} ms of the first activation");
        Assert.All(bodies, body => Assert.Contains("\"status\":\"running\"", body, StringComparison.Ordinal));

        Task AllWait(int all) => Until.True(() => Task.FromResult(Waiting(couch) == all), Bound, $"{all} wait at once");
    }

    [Fact]
    public async Task A_couch_that_shuts_down_answers_whoever_waits_at_once()
    {
        await using var leaving = await CouchHost.Start();
        var stay = await leaving.Anyone.Arrive();
        await using var guest = await Agent.Connect(leaving.Address, stay["authToken"]);
        var waiting = guest.Call("my_stay", new { wait = 60 });
        await Until.True(() => Task.FromResult(Waiting(leaving) == 1), Soon, "it waits");

        await leaving.App.StopAsync(TestContext.Current.CancellationToken);

        Assert.Equal("provisioning", (await waiting.WaitAsync(Soon)).Told()["status"]);
    }

    private static int Waiting(CouchHost couch) => couch.App.Services.GetRequiredService<Places>().Waiting;

    /// <summary>What an agent is told at last: where its time is up before, on a slow machine, it asks again, as agents do.</summary>
    private async Task<string> UntilItRuns(HttpClient http, string token)
    {
        while (true)
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(couch.Address, "mcp")) { Content = Caller.Text(Wait) };
            request.Headers.TryAddWithoutValidation("Accept", "application/json, text/event-stream");
            request.Headers.Authorization = new("Bearer", token);
            using var response = await http.SendAsync(request);
            Assert.Equal(200, (int)response.StatusCode);
            var body = await response.Content.ReadAsStringAsync();
            if (!body.Contains("\"status\":\"provisioning\"", StringComparison.Ordinal))
                return body;
        }
    }
}
