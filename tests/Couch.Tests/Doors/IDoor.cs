using System.Text.Json.Nodes;
using Xunit;

namespace Couch.Tests.Doors;

/// <summary>
/// A way into a couch for a guest's agent. All doors lead to the same grains, and <see cref="DoorTests"/> claims the same of each.
/// </summary>
/// <remarks>To add a door, implement this, and add a class for it where the others are, at the end of DoorTests.cs.</remarks>
internal interface IDoor : IAsyncDisposable
{
    /// <summary>What an invite offers.</summary>
    Task<Said> Preview(string code);

    /// <summary>Redeems an invite.</summary>
    /// <param name="idempotencyKey">Makes a repetition give the same answer; null: the door sends none of the caller's.</param>
    Task<Said> Redeem(string code, string name, string? idempotencyKey = null);

    /// <summary>The guest's own stay.</summary>
    /// <param name="wait">For how many seconds to wait until the guest runs; 0: not at all.</param>
    Task<Said> Stay(string token, int wait = 0);

    /// <summary>Ends the stay.</summary>
    Task<Said> CheckOut(string token);
}

/// <summary>What a door has said: the protocol's JSON, or why not.</summary>
/// <param name="Json">The answer; null where it was refused.</param>
/// <param name="Words">All that the agent reads.</param>
internal sealed record Said(JsonNode? Json, string Words)
{
    public string? this[string field] => Yes[field]?.ToString();

    /// <summary>The answer, which it must be.</summary>
    public JsonNode Yes
    {
        get
        {
            Assert.True(Json is not null, $"refused: {Words}");
            return Json;
        }
    }

    public override string ToString() => Words;

    /// <summary>It says no, in this sentence.</summary>
    public void Refuses(string sentence)
    {
        Assert.True(Json is null, $"'{sentence}' expected, but not refused: {Words}");
        Assert.Contains(sentence, Words, StringComparison.Ordinal);
    }
}
