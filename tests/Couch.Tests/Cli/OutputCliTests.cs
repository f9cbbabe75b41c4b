using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Couch.Tests.Support;
using Microsoft.AspNetCore.Http;
using Xunit;

namespace Couch.Tests.Cli;

/// <summary>Where a command prints what, and in which form.</summary>
public sealed partial class OutputCliTests(CouchHost couch) : IClassFixture<CouchHost>, IDisposable
{
    private readonly Person noah = new(couch.Address);

    public void Dispose() => noah.Dispose();

    [Fact]
    public async Task In_a_pipe_a_list_is_whole_and_has_a_header()
    {
        var label = new string('x', 200);
        var invite = await couch.Anyone.Invite(new { createdBy = "tsv", label });

        var ran = (await noah.Runs("invite", "list")).Ok();

        Assert.Equal("", ran.Error);
        Assert.DoesNotContain('\e', ran.Out);
        var row = ran.Rows.Single(row => row["id"] == invite["id"]);
        Assert.Equal((label, "active", "4096", invite["expiresAt"]), (row["label"], row["status"], row["maxMemoryMB"], row["expiresAt"]));
    }

    [Fact]
    public async Task A_list_with_nothing_in_it_has_its_header_alone()
    {
        await using var empty = await CouchHost.Start();
        using var person = new Person(empty.Address);

        var ran = (await person.Runs("guest", "list")).Ok();

        Assert.StartsWith("id\tstatus\t", Assert.Single(ran.Lines), StringComparison.Ordinal);
    }

    [Theory, InlineData(60), InlineData(80), InlineData(200)]
    public async Task On_a_terminal_a_table_fits_its_width(int columns)
    {
        var label = string.Concat(Enumerable.Repeat("漢字 and more, ", 10));
        await couch.Anyone.Invite(new { createdBy = "a host with a long name", label });

        var ran = (await noah.AtTerminal(columns, "", "invite", "list")).Ok();

        var lines = Escapes().Replace(ran.Out, "").Split('\n').Select(line => line.TrimEnd('\r')).ToList();
        Assert.Contains(lines, line => line.StartsWith("ID ", StringComparison.Ordinal));
        Assert.All(lines, line => Assert.InRange(Cells(line), 0, columns));
        Assert.Contains(lines, line => line.Contains('…', StringComparison.Ordinal) || columns == 200);
    }

    [Fact]
    public async Task Colours_are_on_a_terminal_alone_and_not_with_NO_COLOR()
    {
        await couch.Anyone.Invite();

        Assert.Contains("\e[", (await noah.AtTerminal(100, "", "invite", "list")).Ok().Out, StringComparison.Ordinal);
        noah.Environment["NO_COLOR"] = "1";
        Assert.DoesNotContain("\e[", (await noah.AtTerminal(100, "", "invite", "list")).Ok().Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Json_is_as_the_protocol_spells_it()
    {
        var invite = await couch.Anyone.Invite(new { createdBy = "json" });

        var list = (await noah.Runs("invite", "list", "--json", "--show-secrets", "--created-by", "json")).Ok();
        var one = (await noah.Runs("invite", "show", invite["id"]!, "--json", "--show-secrets")).Ok();

        var listed = list.Json.AsArray().Single(row => (string)row!["id"]! == invite["id"])!;
        foreach (var (field, value) in invite.Json.AsObject())
        {
            Assert.True(JsonNode.DeepEquals(value, listed[field]), field);
            Assert.True(JsonNode.DeepEquals(value, one.Json[field]), field);
        }
    }

    [Fact]
    public async Task Quiet_prints_ids_alone()
    {
        var invite = await couch.Anyone.Invite();

        Assert.Contains(invite["id"], (await noah.Runs("invite", "list", "--quiet")).Ok().Lines);
        Assert.Equal(invite["id"], Assert.Single((await noah.Runs("invite", "show", invite["id"]!, "-q")).Ok().Lines));
        Assert.Matches("^[0-9A-Z]{26}\n$", (await noah.Runs("invite", "create", "-q")).Ok().Out);
    }

    [Fact]
    public async Task Codes_are_masked_unless_they_are_asked_for()
    {
        var invite = await couch.Anyone.Invite();
        var code = invite["code"]!;

        foreach (var form in new[] { "--json", "--limit=0" })
        {
            Assert.DoesNotContain(code, (await noah.Runs("invite", "list", form)).Ok().Out, StringComparison.Ordinal);
            Assert.Contains(code, (await noah.Runs("invite", "list", form, "--show-secrets")).Ok().Out, StringComparison.Ordinal);
        }

        Assert.Contains("inv_****", (await noah.Runs("invite", "show", invite["id"]!)).Ok().Out, StringComparison.Ordinal);
        Assert.DoesNotContain(code, (await noah.AtTerminal(200, "", "invite", "show", invite["id"]!)).Ok().Out, StringComparison.Ordinal);
        // The one place where a code is what was asked for.
        Assert.StartsWith("inv_", (await noah.Runs("invite", "create", "--code-only")).Ok().Out, StringComparison.Ordinal);
        Assert.StartsWith("inv_", (await noah.Runs("invite", "create")).Ok().Rows[0]["code"], StringComparison.Ordinal);
    }

    [Theory, InlineData(true), InlineData(false)]
    public async Task Text_from_outside_is_shown_and_never_obeyed(bool atTerminal)
    {
        // The couch itself refuses control characters: this one is older, or not itself.
        const string Hostile = "\\u001b[2J\\u202egnp.exe\\u0007\\nsecond line\\tand\\u009b31m\\u2066x";
        await using var odd = await StubServer.Start(context =>
        {
            context.Response.ContentType = "application/json";
            return context.Response.WriteAsync($$"""
                {"guests":[{"id":"01JD9ZQ3V5B7C8D9E0F1G2H3J4","name":"{{Hostile}}","status":"running",
                "inviteId":"01JD9ZQ3V5B7C8D9E0F1G2H3J5","resourceLimits":{"maxCpuCores":1,"maxMemoryMB":1,"maxDiskGB":1,
                "maxNetworkEgressGB":1,"maxDurationHours":1,"maxTokenBudget":1},
                "permissions":{"canAccessInternet":true,"canSpawnSubAgents":false,"canAccessHostServices":false},"resourceUsage":{},
                "createdAt":"2026-11-29T12:00:00.000Z","expiresAt":"2026-11-30T12:00:00.000Z"}],"count":1,"nextCursor":null}
                """);
        });
        using var person = new Person(odd.Address);
        person.Environment["NO_COLOR"] = "1";

        var text = (atTerminal ? await person.AtTerminal(250, "", "guest", "list") : await person.Runs("guest", "list")).Ok().Out;
        var json = (await person.Runs("guest", "list", "--json")).Ok().Out;

        Assert.Contains("""\x1b[2J\u202egnp.exe\x07\nsecond line\tand\x9b31m\u2066x""", text, StringComparison.Ordinal);
        foreach (var output in new[] { text, json })
            Assert.DoesNotContain(output, letter => letter is '\e' or '\u0007' or '\u202e' or '\u2066' or '\u009b');
    }

    [Fact]
    public async Task What_a_couch_says_no_with_is_not_obeyed_either()
    {
        await using var odd = await StubServer.Start(context =>
        {
            (context.Response.StatusCode, context.Response.ContentType) = (404, "application/problem+json");
            return context.Response.WriteAsync("""{"error":"\u001b]0;owned\u0007not found"}""");
        });
        using var person = new Person(odd.Address);

        var ran = await person.Runs("guest", "show", "01JD9ZQ3V5B7C8D9E0F1G2H3J4");

        ran.Refuses(3, """\x1b]0;owned\x07not found""");
        Assert.DoesNotContain('\e', ran.Error);
    }

    [Fact]
    public async Task A_limit_is_kept_and_a_long_table_says_that_there_is_more()
    {
        await using var full = await CouchHost.Start();
        using var person = new Person(full.Address);
        for (var count = 0; count < 103; count++)
            await full.Anyone.Invite();

        Assert.Equal(7, (await person.Runs("invite", "list", "--limit", "7")).Ok().Rows.Count);
        Assert.Equal(103, (await person.Runs("invite", "list")).Ok().Rows.Count);
        var shown = (await person.AtTerminal(100, "", "invite", "list")).Ok().Out;
        Assert.Contains("--limit 0 shows all", shown, StringComparison.Ordinal);
        Assert.Equal(100, Regex.Count(shown, "active"));
    }

    /// <summary>How many cells of a terminal a line takes: Chinese characters take two.</summary>
    private static int Cells(string line) =>
        line.EnumerateRunes().Sum(rune => rune.Value is >= 0x2e80 and <= 0xffdc ? 2 : 1);

    [GeneratedRegex(@"\e\[[0-9;]*[A-Za-z]")]
    private static partial Regex Escapes();
}
