using System.Diagnostics;
using Couch.Tests.Support;
using Xunit;

namespace Couch.Tests.Mcp;

/// <summary>Agents that wait by MCP cost the couch what others that wait do.</summary>
public sealed class WaitingAgentTests(KeyedCouchHost couch, ITestOutputHelper output) : IClassFixture<KeyedCouchHost>
{
    private const string Wait = """{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"my_stay","arguments":{"wait":60}}}""";
    private const string Look = """{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"my_stay"}}""";
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task A_thousand_wait_at_once_and_each_is_told_when_it_runs()
    {
        const int crowd = 1000;
        var guests = Enumerable.Range(0, crowd / 50).Select(_ => couch.Host.Arrive()).ToList();
        var stays = await Task.WhenAll(guests);
        using var http = new HttpClient(new SocketsHttpHandler { UseCookies = false, UseProxy = false });

        // They come a hundred at a time: what is claimed is of waiting, and a listening socket keeps 512 that were not accepted yet.
        var responses = new List<HttpResponseMessage>();
        foreach (var some in Enumerable.Range(0, crowd).Chunk(100))
        {
            var asked = some.Select(i => Ask(http, stays[i % stays.Length]["authToken"]!, Wait));
            responses.AddRange(await Task.WhenAll(asked).WaitAsync(Soon));
        }

        // Their answers have begun, and none has ended.
        Assert.All(responses, response => Assert.Equal(200, (int)response.StatusCode));
        var bodies = responses.Select(response => response.Content.ReadAsStringAsync()).ToList();
        Assert.DoesNotContain(bodies, body => body.IsCompleted);

        // Others are served meanwhile.
        (await couch.Host.Get("/couch/guests")).Is(200);
        var began = Stopwatch.GetTimestamp();
        foreach (var stay in stays)
            (await couch.Host.Post($"/couch/guests/{stay["guestId"]}/activate", new { vmId = "vm", agentEndpoint = "http://vm" })).Is(200);
        var told = await Task.WhenAll(bodies).WaitAsync(Soon);

        output.WriteLine($"{crowd} were told within {Stopwatch.GetElapsedTime(began).TotalMilliseconds:0} ms of the first activation");
        Assert.All(told, body => Assert.Contains("\"status\":\"running\"", body, StringComparison.Ordinal));
        foreach (var response in responses)
            response.Dispose();
    }

    [Fact]
    public async Task A_couch_that_shuts_down_answers_whoever_waits_at_once()
    {
        await using var leaving = await CouchHost.Start();
        var stay = await leaving.Anyone.Arrive();
        await using var guest = await Agent.Connect(leaving.Address, stay["authToken"]);
        var waiting = guest.Call("my_stay", new { wait = 60 });
        (await leaving.Anyone.Get($"/couch/status?token={stay["authToken"]}")).Is(200);
        Assert.False(waiting.IsCompleted);

        await leaving.App.StopAsync(TestContext.Current.CancellationToken);

        Assert.Equal("provisioning", (await waiting.WaitAsync(Soon)).Told()["status"]);
    }

    [Fact]
    public async Task A_look_at_a_stay_costs_no_more_than_a_few_of_those_by_plain_HTTP()
    {
        const int looks = 300;
        var token = (await couch.Host.Arrive())["authToken"]!;
        using var http = new HttpClient(new SocketsHttpHandler { UseCookies = false, UseProxy = false });
        async Task Mcp()
        {
            using var response = await Ask(http, token, Look);
            Assert.Contains("provisioning", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        }

        async Task Rest()
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(couch.Address, "couch/status"));
            request.Headers.Authorization = new("Bearer", token);
            using var response = await http.SendAsync(request);
            Assert.Contains("provisioning", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        }

        var (mcp, rest) = (new List<double>(), new List<double>());
        for (var i = 0; i < looks; i++)
        {
            rest.Add(await Took(Rest));
            mcp.Add(await Took(Mcp));
        }

        var (slow, fast) = (Median(mcp), Median(rest));
        output.WriteLine(
            $"my_stay {slow:0.000} ms, GET /couch/status {fast:0.000} ms: {slow / fast:0.0} times (medians of {looks}, in turn)");
        Assert.InRange(slow / fast, 0, 10);
    }

    private static async Task<double> Took(Func<Task> what)
    {
        var began = Stopwatch.GetTimestamp();
        await what();
        return Stopwatch.GetElapsedTime(began).TotalMilliseconds;
    }

    private static double Median(List<double> times) => times.Order().ElementAt(times.Count / 2);

    private Task<HttpResponseMessage> Ask(HttpClient http, string token, string message)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, new Uri(couch.Address, "mcp")) { Content = Caller.Text(message) };
        request.Headers.TryAddWithoutValidation("Accept", "application/json, text/event-stream");
        request.Headers.Authorization = new("Bearer", token);
        return http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
    }
}
