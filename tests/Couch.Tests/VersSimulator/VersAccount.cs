using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Couch.VersSimulator;
using Microsoft.Extensions.Time.Testing;

namespace Couch.Tests.VersSimulator;

/// <summary>A simulated account and somebody who calls it with its key, and never twice by itself.</summary>
internal sealed class VersAccount : IAsyncDisposable
{
    private readonly HttpClient http;

    private VersAccount(SimulatedVers vers, FakeTimeProvider clock)
    {
        Vers = vers;
        Clock = clock;
        http = new() { BaseAddress = new(vers.Url + "/") };
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", vers.Options.Key);
        // A client calls again by itself where a used connection breaks; what these tests count are calls.
        http.DefaultRequestHeaders.ConnectionClose = true;
    }

    public SimulatedVers Vers { get; }

    public FakeTimeProvider Clock { get; }

    public HttpClient Http => http;

    public static async Task<VersAccount> Open(SimulatorOptions? options = null)
    {
        var clock = new FakeTimeProvider();
        return new(await SimulatedVers.Start((options ?? new()) with { Clock = clock }), clock);
    }

    public async Task<(int Status, JsonNode? Body)> Call(
        HttpMethod method, string path, object? body = null, CancellationToken cancel = default)
    {
        using var request = new HttpRequestMessage(method, path) { Content = body is null ? null : JsonContent.Create(body) };
        using var response = await http.SendAsync(request, cancel);
        var text = await response.Content.ReadAsStringAsync(cancel);
        return ((int)response.StatusCode, text.StartsWith('{') || text.StartsWith('[') ? JsonNode.Parse(text) : null);
    }

    public Task<(int Status, JsonNode? Body)> Get(string path) => Call(HttpMethod.Get, path);

    public Task<(int Status, JsonNode? Body)> TryCreate() =>
        Call(HttpMethod.Post, "vm/from_commit", new { commit_id = Vers.Options.Commit });

    /// <summary>A VM that has just been asked for.</summary>
    public async Task<Guid> Create() => Guid.Parse((await TryCreate()).Body!["vm_id"]!.GetValue<string>());

    /// <summary>A VM that runs.</summary>
    public async Task<Guid> CreateAndBoot()
    {
        var id = await Create();
        Clock.Advance(Vers.Options.BootDelay);
        return id;
    }

    public async Task<int> Claim(Guid vm, string guest) =>
        (await Call(HttpMethod.Patch, $"vm/{vm}/label", new { labels = new Dictionary<string, string> { ["couch.guest"] = guest } }))
            .Status;

    public async Task<string> State(Guid vm) => (await Get($"vm/{vm}/status")).Body!["state"]!.GetValue<string>();

    public async Task<int> Destroy(Guid vm) => (await Call(HttpMethod.Delete, $"vm/{vm}")).Status;

    public async Task<(int ExitCode, string Stdout)> Exec(Guid vm, params string[] command)
    {
        var (_, body) = await Call(HttpMethod.Post, $"vm/{vm}/exec", new { command, timeout_secs = 5 });
        return (body!["exit_code"]!.GetValue<int>(), body["stdout"]!.GetValue<string>());
    }

    public async ValueTask DisposeAsync()
    {
        http.Dispose();
        await Vers.DisposeAsync();
    }
}
