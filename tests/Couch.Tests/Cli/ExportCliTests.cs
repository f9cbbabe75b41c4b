using System.Text.Json.Nodes;
using Couch.Tests.Support;
using Xunit;

namespace Couch.Tests.Cli;

/// <summary>What all guests have used, for a bill or a spreadsheet.</summary>
public sealed class ExportCliTests(CouchHost couch) : IClassFixture<CouchHost>, IDisposable
{
    private readonly Person noah = new(couch.Address);

    public void Dispose() => noah.Dispose();

    [Fact]
    public async Task Each_guest_is_exported_with_what_it_has_used_and_may_use()
    {
        var label = Some.Key();
        var guest = await couch.Anyone.Arrive(new { createdBy = "noah", label, resourceLimits = new { maxTokenBudget = 100 } });
        (await couch.Anyone.Put($"/couch/guests/{guest["guestId"]}/usage", new { tokensUsed = 42, networkEgressGB = 0.5 })).Is(200);
        // Counters are in lists within a second.
        await Until.True(
            async () => (int)(await couch.Anyone.Get($"/couch/guests?label={Uri.EscapeDataString(label)}"))
                .Json["guests"]![0]!["resourceUsage"]!["tokensUsed"]! == 42,
            TimeSpan.FromSeconds(20), "its use is in the list");

        var lines = (await noah.Runs("guest", "export", "--label", label)).Ok().Out.Split("\r\n");
        var row = lines[0].Split(',').Zip(lines[1].Split(',')).ToDictionary(cell => cell.First, cell => cell.Second);

        Assert.Equal("", Assert.Single(lines.Skip(2)));
        Assert.Equal(
            (guest["guestId"], "guest-1", "provisioning", "42", "100", "0.5", "10"),
            (row["id"], row["name"], row["status"], row["tokensUsed"], row["maxTokenBudget"], row["networkEgressGB"],
                row["maxNetworkEgressGB"]));
        var json = (await noah.Runs("guest", "export", "--label", label, "--format", "json")).Ok().Json.AsArray();
        Assert.Equal(42, (int)Assert.Single(json)!["resourceUsage"]!["tokensUsed"]!);
    }

    [Theory]
    [InlineData("a, \"b\"", "\"a, \"\"b\"\"\"")]
    [InlineData("=HYPERLINK(0)", "'=HYPERLINK(0)")]
    [InlineData("plain", "plain")]
    [InlineData("right\u202eleft", "right\\u202eleft")]
    public async Task A_name_breaks_no_line_and_becomes_no_formula(string name, string cell)
    {
        var label = Some.Key();
        (await couch.Anyone.Redeem(await couch.Anyone.Invite(new { createdBy = "noah", label }), name)).Is(201);

        var line = (await noah.Runs("guest", "export", "--label", label)).Ok().Out.Split("\r\n")[1];

        Assert.Contains($",{cell},provisioning,", line, StringComparison.Ordinal);
    }

    [Fact]
    public async Task All_pages_are_exported_and_the_pipe_gets_no_more()
    {
        const int Guests = 1001;
        await using var own = await CouchHost.Start();
        await Parallel.ForEachAsync(Enumerable.Range(0, Guests), async (_, _) => await own.Anyone.Arrive());

        var ran = (await noah.Runs("guest", "export", "--url", own.Address.AbsoluteUri)).Ok();
        var json = (await noah.Runs("guest", "export", "--json", "--url", own.Address.AbsoluteUri)).Ok();

        Assert.Equal(Guests + 1, ran.Lines.Length);
        Assert.Equal("", ran.Error);
        Assert.Equal(Guests, JsonNode.Parse(json.Out)!.AsArray().Select(guest => (string)guest!["id"]!).Distinct().Count());
    }
}
