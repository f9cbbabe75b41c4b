using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Couch.Tests.Support;

namespace Couch.Tests.Doors;

/// <summary>
/// A shell and the commands of the paste-block, run as printed: only the code, the name, the key and the length of the wait are what the
/// caller says. Each call is an agent with a home of its own, because a home belongs to one stay.
/// </summary>
internal sealed partial class ShellDoor(Uri couch) : IDoor
{
    private readonly List<Shell> agents = [];

    public async Task<Said> Preview(string code)
    {
        var agent = Agent();
        return Heard((await agent.Run(await Look(agent, code))).Out);
    }

    public async Task<Said> Redeem(string code, string name, string? idempotencyKey)
    {
        var agent = Agent();
        // It keeps the code for the step after it, whatever it is told of it.
        await agent.Run(await Look(agent, code));
        if (idempotencyKey is not null)
            await File.WriteAllTextAsync(agent.Home[".couch-guest/key"], $"Idempotency-Key: {idempotencyKey}");

        var redeem = (await Blocks(agent))[1].Replace("my-agent", InSed(name), StringComparison.Ordinal);
        var ran = await agent.Run(redeem);
        return ran.Exit == 0 ? Heard(await File.ReadAllTextAsync(agent.Home[".couch-guest/redeemed"])) : Heard(ran.Out);
    }

    public Task<Said> Stay(string token, int wait) =>
        As(token, blocks => blocks[2].Replace("wait=60", $"wait={wait}", StringComparison.Ordinal));

    public Task<Said> CheckOut(string token) => As(token, blocks => blocks[3]);

    public ValueTask DisposeAsync()
    {
        foreach (var agent in agents)
            agent.Dispose();
        return ValueTask.CompletedTask;
    }

    private Shell Agent()
    {
        var agent = new Shell();
        agents.Add(agent);
        return agent;
    }

    private async Task<Said> As(string token, Func<string[], string> step)
    {
        var agent = Agent();
        Directory.CreateDirectory(agent.Home[".couch-guest"]);
        await File.WriteAllTextAsync(agent.Home[".couch-guest/token"], $"Authorization: Bearer {token}\n");
        return Heard((await agent.Run(step(await Blocks(agent)))).Out);
    }

    private async Task<string> Look(Shell agent, string code) =>
        (await Blocks(agent))[0].Replace("COUCH_CODE='inv_...'", $"COUCH_CODE='{code}'", StringComparison.Ordinal);

    private async Task<string[]> Blocks(Shell agent)
    {
        var text = (await agent.Run($"curl -sS '{new Uri(couch, "join")}'")).Ok().Out;
        return CommandBlocks.Of(Told().Replace(text, couch.AbsoluteUri.TrimEnd('/')));
    }

    /// <summary>An answer, or a refusal where it has an error.</summary>
    private static Said Heard(string words)
    {
        try
        {
            var json = JsonNode.Parse(words);
            return new(json?["error"] is null ? json : null, words);
        }
        catch (JsonException)
        {
            return new(null, words);
        }
    }

    /// <summary>A name as JSON has it, in the replacement of a <c>sed</c> command between single quotes.</summary>
    private static string InSed(string name) =>
        JsonSerializer.Serialize(name)[1..^1].Replace("\\", "\\\\", StringComparison.Ordinal);

    /// <summary>The couch's address in its text: what stands before the test's couch may have another.</summary>
    [GeneratedRegex(@"http://127\.0\.0\.1:\d+")]
    private static partial Regex Told();
}
