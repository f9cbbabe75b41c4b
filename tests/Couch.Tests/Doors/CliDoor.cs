using Couch.Tests.Cli;

namespace Couch.Tests.Doors;

/// <summary>The command <c>couch</c>, as a process each time.</summary>
internal sealed class CliDoor(Uri couch) : IDoor
{
    private readonly Person agent = new(couch);

    public async Task<Said> Preview(string code) => Heard(await agent.Pipes(code, "preview", "--json"));

    public async Task<Said> Redeem(string code, string name, string? idempotencyKey)
    {
        string[] redeem = ["redeem", "--name", name, "--no-wait", "--json"];
        return Heard(await agent.Pipes(code, idempotencyKey is null ? redeem : [.. redeem, "--idempotency-key", idempotencyKey]));
    }

    public async Task<Said> Stay(string token, int wait)
    {
        string[] stay = ["stay", "--token-file", "-", "--json"];
        return Heard(await agent.Pipes(token, wait == 0 ? stay : [.. stay, "--wait", $"{wait}s"]));
    }

    public async Task<Said> CheckOut(string token) => Heard(await agent.Pipes(token, "checkout", "--token-file", "-", "--json"));

    public ValueTask DisposeAsync()
    {
        agent.Dispose();
        return ValueTask.CompletedTask;
    }

    private static Said Heard(Ran ran) => new(ran.ExitCode == 0 ? ran.Json : null, ran.Out + ran.Error);
}
