using Couch.Tests.Mcp;

namespace Couch.Tests.Doors;

/// <summary>MCP, by the SDK's own client: without a bearer until there is a token, and with it from then on.</summary>
internal sealed class McpDoor(Uri couch) : IDoor
{
    public Task<Said> Preview(string code) => Call(null, "preview_invite", new() { ["code"] = code });

    public Task<Said> Redeem(string code, string name, string? idempotencyKey) =>
        Call(null, "redeem_invite", new() { ["code"] = code, ["name"] = name, ["idempotencyKey"] = idempotencyKey });

    public Task<Said> Stay(string token, int wait) => Call(token, "my_stay", wait == 0 ? [] : new() { ["wait"] = wait });

    public Task<Said> CheckOut(string token) => Call(token, "check_out", []);

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private async Task<Said> Call(string? bearer, string tool, Dictionary<string, object?> arguments)
    {
        await using var agent = await Agent.Connect(couch, bearer);
        var result = await agent.Call(tool, arguments);
        return new(result.IsRefused ? null : result.Json, result.Text);
    }
}
