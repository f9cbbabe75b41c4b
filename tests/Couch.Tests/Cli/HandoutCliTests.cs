using System.Text.RegularExpressions;
using Couch.Tests.Support;
using Microsoft.AspNetCore.Http;
using Xunit;

namespace Couch.Tests.Cli;

/// <summary>What a host hands to a guest's agent, from the command line.</summary>
public sealed class HandoutCliTests(CouchHost couch) : IClassFixture<CouchHost>, IDisposable
{
    private readonly Person noah = new(couch.Address);

    public void Dispose() => noah.Dispose();

    [Fact]
    public async Task An_invite_is_shown_at_a_terminal_with_its_link_and_the_text_for_an_agent()
    {
        var ran = (await noah.AtTerminal(200, "", "invite", "create")).Ok();
        var code = Regex.Match(ran.Out, "inv_[A-Za-z0-9_-]{64}").Value;

        Assert.Contains($"link  {couch.Address}join#{code}", ran.Out, StringComparison.Ordinal);
        Assert.Contains($"COUCH_CODE='{code}'", ran.Out, StringComparison.Ordinal);
        Assert.DoesNotContain("inv_...'", ran.Out, StringComparison.Ordinal);

        var id = Regex.Match(ran.Out, "[0-9A-HJKMNP-TV-Z]{26}").Value;
        var shown = (await noah.AtTerminal(200, "", "invite", "show", id, "--show-secrets")).Ok();
        Assert.Contains($"link  {couch.Address}join#{code}", shown.Out, StringComparison.Ordinal);
        Assert.DoesNotContain(code, (await noah.AtTerminal(200, "", "invite", "show", id)).Ok().Out, StringComparison.Ordinal);
        (await couch.Anyone.Delete($"/couch/invites/{id}")).Is(200);
        Assert.DoesNotContain(
            "join#", (await noah.AtTerminal(200, "", "invite", "show", id, "--show-secrets")).Ok().Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_text_alone_is_what_an_agent_needs_to_get_in()
    {
        var text = (await noah.Runs("invite", "create", "--paste-only", "--label", "for an agent")).Ok().Out;
        using var agent = new Shell();

        foreach (var step in CommandBlocks.Of(text)[..2])
            (await agent.Run(step)).Ok();
        var guests = (await couch.Anyone.Get("/couch/guests?name=my-agent")).Is(200).Json["guests"]!.AsArray();
        Assert.Single(guests);
    }

    [Fact]
    public async Task The_link_alone_leads_to_the_page()
    {
        var link = (await noah.Runs("invite", "create", "--link-only")).Ok().Out.Trim();

        Assert.Matches($"^{Regex.Escape(couch.Address.AbsoluteUri)}join#inv_[A-Za-z0-9_-]{{64}}$", link);
    }

    [Fact]
    public async Task Programs_are_given_the_invite_as_ever()
    {
        foreach (var format in new[] { "--json", "--show-secrets", "--quiet" })
        {
            var ran = (await noah.Runs("invite", "create", format)).Ok();
            Assert.DoesNotContain("join#", ran.Out, StringComparison.Ordinal);
            Assert.DoesNotContain("curl", ran.Out, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_couch_that_is_not_what_it_seems_moves_no_cursor_and_puts_nothing_else_in_place_of_the_link()
    {
        await using var tampered = await TamperedCouch.Before(couch.Address);
        using var nina = new Person(tampered.Address);
        tampered.Answers("/join", context =>
        {
            context.Response.Headers.Link = "<http://couch.example/join>; rel=\"canonical\"";
            return context.Response.WriteAsync("COUCH_CODE='inv_...'\n\u001b[2Jwiped\u202e\n");
        });
        var ran = (await nina.Runs("invite", "create", "--paste-only")).Ok();
        Assert.Contains("\\x1b[2Jwiped\\u202e", ran.Out, StringComparison.Ordinal);

        // An older couch, and a stranger's page: there is nothing to hand over, and no invite is made in vain.
        var before = (await couch.Anyone.Get("/couch/invites?limit=1000"))["count"];
        tampered.Answers("/join", 404, """{"error":"not found","status":404}""");
        (await nina.Runs("invite", "create", "--link-only")).Refuses(3, "not found");
        Assert.Equal(before, (await couch.Anyone.Get("/couch/invites?limit=1000"))["count"]);
        Assert.DoesNotContain("link ", (await nina.AtTerminal(200, "", "invite", "create")).Ok().Out, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_address_is_the_public_one_where_the_couch_has_one()
    {
        await using var named = await CouchHost.Start("--COUCH_PUBLIC_URL=https://couch.example");
        using var nina = new Person(named.Address);

        Assert.StartsWith(
            "https://couch.example/join#inv_", (await nina.Runs("invite", "create", "--link-only")).Ok().Out, StringComparison.Ordinal);
    }
}
