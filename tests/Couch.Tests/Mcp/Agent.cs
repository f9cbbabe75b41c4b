using System.Text.Json.Nodes;
using ModelContextProtocol.Client;
using ModelContextProtocol.Protocol;
using Xunit;

namespace Couch.Tests.Mcp;

/// <summary>An agent that speaks MCP, by the SDK's own client.</summary>
internal sealed class Agent : IAsyncDisposable
{
    // One for all: clients of their own would each leave connections behind.
    private static readonly HttpClient Http = new(new SocketsHttpHandler { UseCookies = false, MaxConnectionsPerServer = 5000 })
    {
        Timeout = TimeSpan.FromSeconds(100),
    };

    private readonly McpClient client;

    private Agent(McpClient client) => this.client = client;

    /// <summary>What the couch says of itself.</summary>
    public string Instructions => client.ServerInstructions ?? "";

    /// <summary>The revision that both have agreed on.</summary>
    public string Version => client.NegotiatedProtocolVersion ?? "";

    /// <param name="version">The revision of MCP; null: the newest.</param>
    public static async Task<Agent> Connect(Uri couch, string? bearer = null, string? version = null)
    {
        var transport = new HttpClientTransport(
            new()
            {
                Endpoint = new(couch, "mcp"),
                TransportMode = HttpTransportMode.StreamableHttp,
                AdditionalHeaders = bearer is null ? null : new Dictionary<string, string> { ["Authorization"] = $"Bearer {bearer}" },
            },
            Http);
        return new(await McpClient.CreateAsync(transport, new() { ProtocolVersion = version }));
    }

    public async Task<IReadOnlyList<Tool>> Tools() => [.. (await client.ListToolsAsync()).Select(tool => tool.ProtocolTool)];

    public async Task<IEnumerable<string>> ToolNames() => (await Tools()).Select(tool => tool.Name);

    /// <param name="arguments">An object whose properties are the arguments, or a dictionary of them.</param>
    public async Task<ToolAnswer> Call(string tool, object? arguments = null)
    {
        var given = arguments as Dictionary<string, object?>
            ?? arguments?.GetType().GetProperties().ToDictionary(property => property.Name, property => property.GetValue(arguments));
        var result = await client.CallToolAsync(tool, given);
        return new(
            result.IsError is true, JsonNode.Parse(result.StructuredContent!.Value.GetRawText())!,
            Assert.IsType<TextContentBlock>(Assert.Single(result.Content)).Text);
    }

    public ValueTask DisposeAsync() => client.DisposeAsync();
}

/// <summary>What a tool has answered.</summary>
/// <param name="Json">The protocol's own JSON: the answer, or the problem.</param>
internal sealed record ToolAnswer(bool IsRefused, JsonNode Json, string Text)
{
    /// <summary>A field as text; null where it is null or missing.</summary>
    public string? this[string field] => Json[field]?.ToString();

    public ToolAnswer Told()
    {
        Assert.False(IsRefused, Text);
        return this;
    }

    /// <summary>It is refused with the protocol's sentence, and says what to do next.</summary>
    public ToolAnswer Refuses(int status, string error)
    {
        Assert.True(IsRefused, Text);
        Assert.Equal((status, error), ((int)Json["status"]!, (string?)Json["error"]));
        Assert.StartsWith(error, Text, StringComparison.Ordinal);
        Assert.Matches(@"Next: \w.+\.$", Text);
        return this;
    }
}
