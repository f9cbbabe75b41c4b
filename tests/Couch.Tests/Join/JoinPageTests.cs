using Couch.Tests.Support;
using Xunit;

namespace Couch.Tests.Join;

/// <summary>An invite's link in a real browser: what it offers, what is pasted, and a redeem on the page.</summary>
public sealed class JoinPageTests(Browser browser, KeyedCouchHost couch) : IClassFixture<Browser>, IClassFixture<KeyedCouchHost>
{
    private string Address => couch.Address.AbsoluteUri.TrimEnd('/');

    [Fact]
    public async Task A_link_shows_the_offer_the_commands_and_a_redeem_whose_token_is_shown_once()
    {
        var invite = await couch.Host.Invite(new { createdBy = "noah", label = "nightly build", resourceLimits = new { maxCpuCores = 3 } });
        await using var page = await Opened(invite["code"]!);
        await page.SeesText("nightly build");
        await page.SeesText("3 cores, 4,096 MB, 20 GB of disk");

        var pasted = await page.Text("#paste");
        Assert.Equal(
            (await couch.Anyone.Get("/join")).Body.Replace(
                "COUCH_CODE='inv_...'", $"COUCH_CODE='{invite["code"]}'", StringComparison.Ordinal), pasted);
        Assert.Equal($"echo {invite["code"]} | couch redeem --name your-name --url {Address}", await page.Text("#couch-command"));
        Assert.Equal(
            $"curl -X POST {Address}/couch/redeem -H \"Content-Type: application/json\" -d @- <<'EOF'\n"
                + $"{{\"code\":\"{invite["code"]}\",\"name\":\"your-name\"}}\nEOF", await page.Text("#command"));
        using (var shell = new Shell())
            Assert.Contains("nightly build", (await shell.Run(CommandBlocks.Of(pasted)[0])).Ok().Out, StringComparison.Ordinal);

        await page.Evaluate("document.querySelector('#name').focus()");
        await page.Type("by-hand");
        await page.Press("Enter");
        await page.Sees("document.querySelector('#token')", "the token is shown");
        var (token, guest) = (await page.Text("#token"), await page.Text("#guest"));
        Assert.Equal((guest, "by-hand"), ((await couch.With(token).Get("/couch/status")).Is(200)["guestId"],
            (await couch.Host.Get($"/couch/guests/{guest}"))["name"]));
        Assert.Equal($"{Address}/join", (string?)await page.Evaluate("location.href"));
        Assert.Equal("0 0 ", (string?)await page.Evaluate("`${localStorage.length} ${sessionStorage.length} ${document.cookie}`"));
        Assert.DoesNotContain(invite["code"]!, await Markup(page), StringComparison.Ordinal);
        // Another fragment does not take the token off the page.
        await page.Evaluate("location.hash = 'inv_x'");
        await page.Evaluate("new Promise(done => setTimeout(done))");
        Assert.Equal(token, await page.Text("#token"));
        await page.Evaluate("history.replaceState(null, '', location.pathname)");

        await page.Open($"{Address}/join");
        await page.SeesText("This link has no code");
        Assert.DoesNotContain(token, await Markup(page), StringComparison.Ordinal);
        IsClean(page, invite["code"]!, token);
    }

    [Fact]
    public async Task A_lost_answer_of_the_redeem_is_asked_for_again_and_shows_the_same_guest()
    {
        var invite = await couch.Host.Invite();
        await using var way = new TcpProxy(couch.Address.Port);
        await using var page = await browser.NewPage();
        await page.Open($"http://127.0.0.1:{way.Port}/join#{invite["code"]}");
        await page.Sees("document.querySelector('#name')", "it can be redeemed");
        way.LoseReplyTo("POST /couch/redeem");

        await page.Evaluate("document.querySelector('#name').focus()");
        await page.Type("patient");
        await page.Press("Enter");
        await page.Sees("document.querySelector('#token')", "the token is shown");
        Assert.Equal((await couch.Host.Get($"/couch/invites/{invite["id"]}"))["guestId"], await page.Text("#guest"));
    }

    [Fact]
    public async Task An_answer_that_comes_after_the_fragment_has_changed_is_not_shown()
    {
        var (first, second) = (
            await couch.Host.Invite(new { createdBy = "noah", label = "offer one" }),
            await couch.Host.Invite(new { createdBy = "noah", label = "offer two" }));
        await using var way = new TcpProxy(couch.Address.Port);
        await using var page = await browser.NewPage();
        await page.Open($"http://127.0.0.1:{way.Port}/join");
        await page.SeesText("This link has no code");
        way.HoldReplyTo(first["code"]!);

        await page.Evaluate($"location.hash = '{first["code"]}'");
        await Until.True(() => Task.FromResult(way.IsHolding), TimeSpan.FromSeconds(30), "the first answer is held back");
        await page.Evaluate($"location.hash = '{second["code"]}'");
        await page.SeesText("offer two");
        way.LetGo();

        // The held answer has come once the browser has nothing left to wait for.
        await page.Sees(
            "performance.getEntriesByType('resource').filter(one => one.name.endsWith('/preview')).length === 2", "both were answered");
        await page.Evaluate("new Promise(done => setTimeout(done))");
        Assert.Contains("offer two", await Markup(page), StringComparison.Ordinal);
        Assert.DoesNotContain("offer one", await Markup(page), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", "This link has no code")]
    [InlineData("#", "This link has no code")]
    [InlineData("#inv_short", "The code in this link is cut short or mistyped")]
    [InlineData("#'; alert(1); '", "The code in this link is cut short or mistyped")]
    [InlineData("#<img src=x onerror=alert(1)>", "The code in this link is cut short or mistyped")]
    public async Task A_link_without_a_whole_code_says_so_and_asks_nothing(string fragment, string said)
    {
        await using var page = await browser.NewPage();
        await page.Open($"{Address}/join{fragment}");

        await page.SeesText(said);
        Assert.DoesNotContain(page.Requests, request => request.Contains("/couch/", StringComparison.Ordinal));
        IsClean(page);
    }

    [Fact]
    public async Task What_can_be_redeemed_no_more_or_is_forged_is_shown_as_that_with_no_way_to_try()
    {
        var invite = await couch.Host.Invite();
        await using var forged = await Opened(Visits.Forged(invite["code"]!), "invite not found");
        (await couch.Host.Delete($"/couch/invites/{invite["id"]}")).Is(200);
        await using var page = await Opened(invite["code"]!, "This invite is revoked: it can be redeemed no more");

        Assert.Equal("false", $"{await page.Evaluate("!!document.querySelector('#redeem, #paste')")}");
        Assert.Equal("revoked", await page.Text("#status"));
        IsClean(page, invite["code"]!);
    }

    [Fact]
    public async Task A_hostile_label_is_shown_quoted_as_a_text_with_what_cannot_be_seen_made_visible()
    {
        const string label =
            "<img src=x onerror=\"globalThis.pwned=1\"></script><script>globalThis.pwned=1</script> \u202Etxet\u200B # Ignore";
        var invite = await couch.Host.Invite(new { createdBy = "noah", label });
        await using var page = await Opened(invite["code"]!);

        await page.SeesText("\\u{202E}txet\\u{200B} # Ignore");
        Assert.Equal("undefined", (string?)await page.Evaluate("typeof globalThis.pwned"));
        Assert.Equal("0", $"{await page.Evaluate("document.querySelectorAll('img').length")}");
        Assert.DoesNotContain("Ignore", await page.Text("#paste"), StringComparison.Ordinal);
        IsClean(page, invite["code"]!);
    }

    [Fact]
    public async Task A_host_is_shown_the_link_and_the_text_where_the_console_shows_the_code()
    {
        await using var open = await CouchHost.Start("--COUCH_PUBLIC_URL=https://couch.example");
        await using var page = await browser.NewPage();
        await page.Open(open.Address.AbsoluteUri);
        await page.Sees("document.querySelector('.pill.open') && couch.house.isLoaded", "the console is there");

        await page.Press("n");
        await page.Sees("document.querySelector('dialog[open] input:focus')", "an invite is asked for");
        await page.Type("noah");
        await page.Press("Enter");
        await page.Sees("document.querySelector('#paste')", "the text is shown");
        var code = await page.Text("#code");
        Assert.Equal($"https://couch.example/join#{code}", await page.Text("#join-link"));
        Assert.Contains($"COUCH_CODE='{code}'", await page.Text("#paste"), StringComparison.Ordinal);
        Assert.Contains("'https://couch.example/couch/redeem'", await page.Text("#paste"), StringComparison.Ordinal);
        await page.Press("Escape");
        await page.Sees("!document.querySelector('dialog')", "it is shown once");
        Assert.DoesNotContain(code, await Markup(page), StringComparison.Ordinal);
        IsClean(page, code);
    }

    [Fact]
    public async Task The_page_needs_nothing_of_the_address_but_its_folder()
    {
        // As behind a proxy that serves a couch under a path of its own.
        await using var under = await CouchHost.Start($"--COUCH_PUBLIC_URL=https://couch.example/at");
        var invite = await under.Anyone.Invite();
        await using var page = await browser.NewPage();
        await page.Open($"{under.Address}join#{invite["code"]}");

        await page.SeesText("For an agent");
        Assert.Contains("'https://couch.example/at/couch/redeem'", await page.Text("#paste"), StringComparison.Ordinal);
        Assert.Contains("--url https://couch.example/at", await page.Text("#couch-command"), StringComparison.Ordinal);
        foreach (var file in new[] { "join.html", "join.js", "paste.js" })
            Assert.DoesNotMatch("[\"'`]/(join|couch|console)", (await under.Anyone.Get($"/console/{file}")).Is(200).Body);
    }

    private async Task<BrowserPage> Opened(string code, string says = "For an agent")
    {
        var page = await browser.NewPage();
        await page.Open($"{Address}/join#{code}");
        await page.SeesText(says);
        return page;
    }

    private static async Task<string> Markup(BrowserPage page) => (string)(await page.Evaluate("document.documentElement.outerHTML"))!;

    /// <summary>Nothing went wrong, everything came from the couch, and no secret was in an address that was asked for.</summary>
    private static void IsClean(BrowserPage page, params string[] secrets)
    {
        Assert.Empty(page.Faults);
        // The fragment is the browser's own: what it sends has none.
        var sent = page.Requests.Select(request => request.Split('#')[0]).ToList();
        Assert.All(secrets, secret => Assert.DoesNotContain(sent, request => request.Contains(secret, StringComparison.Ordinal)));
    }
}
