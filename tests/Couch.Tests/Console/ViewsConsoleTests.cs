using Couch.Tests.Support;
using Xunit;

namespace Couch.Tests.Console;

/// <summary>What the console shows beside its first screen: one invite, the log with filters, charts, and use that stays true.</summary>
public sealed class ViewsConsoleTests(Browser browser, KeyedCouchHost couch) : IClassFixture<Browser>, IClassFixture<KeyedCouchHost>
{
    /// <summary>Usage is read again a minute after the last attempt: that is now, or not while the test runs.</summary>
    private const string IsOld = "couch.house.triedAt = 0";

    private const string IsYoung = "couch.house.triedAt = couch.now() + 3_600_000";

    [Fact]
    public async Task An_invite_is_opened_from_the_list_shown_with_its_history_and_revoked()
    {
        var made = (await couch.Host.Invite(new
        {
            createdBy = "noah", label = "looked at", enforcement = "report", resourceLimits = new { maxTokenBudget = 1234 },
            permissions = new { canSpawnSubAgents = true },
        })).Is(201);
        await using var page = await SignedIn();
        await page.Press("2", "/");
        await page.Type("looked at");
        await page.Press("Enter", "Escape");
        await page.Sees("couch.app.view.grid.rows.length === 1", "it is found");
        await page.Press("j", "Enter");

        await page.Sees($"location.search.includes('invite={made["id"]}') && document.querySelector('.timeline li')", "it is shown");
        var text = await page.Text("main");
        Assert.Matches("looked at.*active — for .* more.*tokens1,234.*may start agentsyes.*it is only reported", text);
        Assert.Matches("was invited: looked at by configured", text);
        Assert.DoesNotContain(
            made["code"]!, (string?)await page.Evaluate("document.documentElement.outerHTML"), StringComparison.Ordinal);
        await page.Press("x", "y");
        await page.SeesText("invite revoked by configured", ".timeline");
        Assert.Equal("revoked", (await couch.Host.Get($"/couch/invites/{made["id"]}"))["status"]);
        await page.Press("Escape");
        await page.SeesText("Invites", "h1");
        await BrowserConsoleTests.IsClean(page, couch.Address);
    }

    [Fact]
    public async Task An_invite_and_its_guest_lead_to_each_other()
    {
        var invite = (await couch.Host.Invite(new { createdBy = "noah", label = "leads" })).Is(201);
        await using var page = await SignedIn();
        await page.Open($"{couch.Address}?invite={invite["id"]}");
        await page.SeesText("active", ".state");
        var guest = (await couch.Anyone.Redeem(invite, "led")).Is(201)["guestId"];
        await page.SeesText("redeemed by led", ".state");
        await page.SeesText("redeemed the invite", ".timeline");

        await page.Press("Enter");
        await page.Sees($"location.search === '?guest={guest}' && document.querySelector('[data-role=its-invite]')", "its guest is shown");
        await page.Click("[data-role=its-invite]");
        await page.Sees($"location.search === '?invite={invite["id"]}' && document.querySelector('.timeline')", "its invite is shown");
        await page.Press("Escape");
        await page.Sees($"location.search === '?guest={guest}'", "back at the guest");
    }

    [Fact]
    public async Task A_key_sees_of_an_invite_what_its_scopes_open()
    {
        var invite = (await couch.Host.Invite(new { createdBy = "noah", label = "narrow" })).Is(201);
        var key = (await couch.Host.Post("/couch/keys", new { name = "narrow", scopes = new[] { "invites" } })).Is(201)["key"]!;
        await using var page = await browser.NewPage();
        await page.Open($"{couch.Address}?invite={invite["id"]}");
        await page.Sees("document.activeElement?.id === 'host-key'", "the page asks for the host key");
        await page.Type(key);
        await page.Press("Enter");

        await page.SeesText("This key may not see it: that needs the scope events");
        await page.SeesText("narrow", "h1");
        await BrowserConsoleTests.IsClean(page, couch.Address);
    }

    [Fact]
    public async Task The_couch_filters_the_whole_log_and_the_page_goes_back_through_it()
    {
        // Between what is looked for there is more than two pages of anything else.
        var first = (await couch.Host.Invite(new { createdBy = "seldom" })).Is(201);
        (await couch.Host.Delete($"/couch/invites/{first["id"]}")).Is(200);
        await Task.WhenAll(Enumerable.Range(0, 8).Select(async _ =>
        {
            for (var turn = 0; turn < 140; turn++)
                (await couch.Host.Invite(new { createdBy = "often" })).Is(201);
        }));
        await using var page = await SignedIn();

        await page.Press("3");
        await page.Sees("couch.app.view.grid.rows.length === 500", "the end of the log is shown");
        await page.Press("/");
        await page.Type("couch.invite.revoked,couch.key.*");
        await page.Evaluate("document.querySelectorAll('.tools input')[1].focus()");
        await page.Type("seldom");
        await page.Sees("couch.app.view.grid.rows.length === 1 && document.querySelector('.row .name').textContent === 'seldom'",
            "one is found, further back than a page");
        Assert.Equal(
            "?view=events&type=couch.invite.revoked%2Ccouch.key.*&agent=seldom", (string?)await page.Evaluate("location.search"));
        await page.Evaluate("window.isLeft = true; location.reload()");
        await page.Sees("!window.isLeft && couch.app.view?.grid?.rows.length === 1", "the address keeps the filters");
        var second = (await couch.Host.Invite(new { createdBy = "seldom" })).Is(201);
        (await couch.Host.Delete($"/couch/invites/{second["id"]}")).Is(200);
        await page.Sees("couch.app.view.grid.rows.length === 2", "what happens now is here where it matches");

        await page.Open($"{couch.Address}?view=events&agent=often");
        await page.Sees(BrowserConsoleTests.IsLive + " && couch.app.view.grid?.rows.length === 500", "the newest of them");
        var newest = (long)(await page.Evaluate("couch.app.view.grid.rows[0].id"))!;
        var oldest = (long)(await page.Evaluate("couch.app.view.grid.rows.at(-1).id"))!;
        await page.ClickText(".tools button", "Older");
        await page.Sees($"location.search.endsWith('before={oldest}') && couch.app.view.grid.rows[0]?.id < {oldest}", "the page before");
        Assert.Equal("500 often", (string?)await page.Evaluate(
            "`${couch.app.view.grid.rows.length} ${[...new Set(couch.app.view.grid.rows.map(row => row.agent))]}`"));
        await page.Evaluate("document.querySelectorAll('.tools input')[1].select(); document.querySelectorAll('.tools input')[1].focus()");
        await page.Press("s", "e", "l", "d", "o", "m");
        await page.Sees("couch.app.view.grid.rows.length === 4", "another filter begins at the log's end");
        Assert.Equal("?view=events&agent=seldom true true", (string?)await page.Evaluate(
            "`${location.search} ${document.activeElement === document.querySelectorAll('.tools input')[1]} "
                + "${[...document.querySelectorAll('.tools button')].at(-1).hidden}`"));

        await page.Open($"{couch.Address}?view=events&agent=often&before={oldest}");
        await page.Sees(BrowserConsoleTests.IsLive + " && couch.app.view.grid?.rows.length === 500", "the page before, by its address");
        await page.ClickText(".tools button", "Older");
        await page.Sees("couch.app.view.grid.rows.length === 120", "the oldest");
        await page.SeesText("The log has no older ones", ".shown");
        Assert.True((bool)(await page.Evaluate("document.querySelector('.tools button').disabled"))!);
        await page.ClickText(".tools button", "Newest");
        await page.Sees($"couch.app.view.grid.rows[0]?.id === {newest}", "back at the end");

        await page.Open($"{couch.Address}?view=events&type=couch.gues");
        await page.SeesText("type must name", ".shown.bad");
        await page.Open($"{couch.Address}?view=events&type=%20couch.invite.revoked%20,,&subject={first["id"]}");
        await page.Sees("couch.app.view.grid?.rows.length === 1", "a list of types may have spaces and commas too many");
        await page.Open($"{couch.Address}?view=events&subject={first["id"]}");
        await page.Sees("couch.app.view.grid?.rows.length === 2", "an invite's own events");
        await BrowserConsoleTests.IsClean(page, couch.Address);
    }

    [Fact]
    public async Task A_log_that_cannot_be_read_for_a_while_stays_and_stays_live()
    {
        await Invited();
        await using var page = await SignedIn();
        await page.Open($"{couch.Address}?view=events&agent=kept");
        await page.Sees(BrowserConsoleTests.IsLive + " && couch.app.view.grid?.rows.length === 1", "it is shown");
        await page.Answer("/couch/events", 503, """{"error":"said by a proxy"}""");
        await page.Evaluate("couch.app.view.refresh()");
        await page.SeesText("said by a proxy. What is shown was read before", ".shown.bad");
        Assert.Equal(1, (int)(await page.Evaluate("couch.app.view.grid.rows.length"))!);
        await Invited();
        await page.Sees("couch.app.view.grid.rows.length === 2", "what happens is still told");

        await page.Evaluate("couch.house.pause()");
        await page.Sees("document.querySelector('.pill.paused')", "it follows no more");
        page.LetThrough("/couch/events");
        await page.Evaluate("couch.house.resume()");
        await page.SeesText("2 events shown", ".shown:not(.bad)");

        async Task Invited() => (await couch.Host.Invite(new { createdBy = "kept" })).Is(201);
    }

    [Fact]
    public async Task A_node_of_the_version_before_does_not_send_the_whole_log()
    {
        for (var turn = 0; turn < 3; turn++)
            (await couch.Host.Invite(new { createdBy = "noah" })).Is(201);
        await using var page = await browser.NewPage();
        // It knows no order: the oldest come first.
        await page.Answer("/couch/events", 200, """
            {"events":[{"id":1,"timestamp":"2026-01-01T00:00:00.000Z","type":"couch.invite.created","agent":"noah","payload":{},"metadata":{}},
            {"id":2,"timestamp":"2026-01-01T00:00:00.000Z","type":"couch.invite.created","agent":"noah","payload":{},"metadata":{}}],
            "count":2,"nextCursor":2}
            """);
        await BrowserConsoleTests.SignIn(page, couch.Address);
        var invite = (await couch.Host.Invite(new { createdBy = "last" })).Is(201)["id"];
        await page.Sees("couch.house.events.at(-1)?.agent === 'last'", "what happens now is told");
        Assert.Equal(invite, (string?)await page.Evaluate("couch.house.events.map(event => event.payload.inviteId).join(' ')"));
        await page.Press("3");
        await page.SeesText("of an older version", ".shown.bad");
    }

    [Fact]
    public async Task Bars_stay_true_while_somebody_looks_by_one_request_a_minute()
    {
        const string list = "/couch/guests?status=running&limit=200";
        var guest = (await couch.Host.Arrive(
            new { createdBy = "noah", enforcement = "report", resourceLimits = new { maxTokenBudget = 1000 } }))["guestId"]!;
        await Activate(guest);
        await using var page = await SignedIn();
        await page.Open($"{couch.Address}?q={guest}");
        await page.Sees(BrowserConsoleTests.IsLive + " && document.querySelectorAll('.row').length === 1", "it is shown");
        await page.Evaluate(IsYoung);
        await Report(guest, 950);
        Assert.DoesNotContain(page.Requests, request => request.EndsWith(list, StringComparison.Ordinal));

        await page.Evaluate("couch.house.usageAt = couch.house.sightAt = 1");
        await page.Evaluate(IsOld);
        await page.Sees("document.querySelector('.row .bar.red')?.getAttribute('aria-label') === 'tokens: 95 %'", "a minute later");
        await page.Evaluate(IsYoung);
        await page.SeesText("read once a minute", ".shown");
        await page.Sees("couch.house.usageAt > 1 && couch.house.sightAt === couch.house.usageAt", "all are as of then");

        await page.Press("j", "Enter");
        await page.SeesText("950 of 1,000", ".used");
        await Report(guest, 990);
        await page.Evaluate("couch.app.view.refresh()");
        await page.SeesText("990 of 1,000", ".used");
        Assert.Single(page.Requests, request => request.EndsWith(list, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Of_a_large_house_all_bars_in_sight_stay_true()
    {
        const int guests = 30;
        await Task.WhenAll(Enumerable.Range(0, guests).Select(async _ =>
        {
            var id = (await couch.Host.Arrive(
                new { createdBy = "noah", label = "large house", resourceLimits = new { maxTokenBudget = 1000 } }))["guestId"]!;
            await Activate(id);
            await Report(id, 750);
        }));
        await using var page = await SignedIn();
        await page.Looks(1280, 1400, "light");
        await page.Open($"{couch.Address}?q=large+house");
        await page.Sees(BrowserConsoleTests.IsLive + $" && couch.app.view.grid?.rows.length === {guests}", "they are shown");
        await page.Sees("document.querySelectorAll('.row .bar.amber').length === document.querySelectorAll('.row').length", "they are read");
        // As where there are more running guests than are read at once, and what the page has of these is old.
        await page.Answer("/couch/guests", 200, """{"guests":[],"count":0,"nextCursor":"01M"}""");
        await page.Evaluate("""
            for (const row of couch.house.guests.values())
                row.usage = { ...row.usage, tokensUsed: 0 };
            couch.app.view.refresh();
            """);
        await page.Sees("!document.querySelector('.row .bar.amber')", "the page has old figures");
        var inSight = (int)(await page.Evaluate("couch.app.view.grid.inSight.length"))!;
        Assert.InRange(inSight, 21, guests - 1);
        await page.Evaluate("couch.house.usageAt -= 120_000");
        await page.Evaluate(IsOld);

        await page.Sees(
            "couch.app.view.grid.inSight.every(row => row.usage.tokensUsed === 750) && "
                + "document.querySelectorAll('.row .bar.amber').length >= couch.app.view.grid.inSight.length", "a minute later");
        await page.SeesText("of all others as of", ".shown");
        await page.Evaluate(IsYoung);
        Assert.Equal(guests - inSight, (int)(await page.Evaluate(
            "couch.app.view.grid.rows.filter(row => row.usage.tokensUsed === 0).length"))!);
    }

    [Fact]
    public async Task A_read_that_fails_does_not_make_the_bars_newer()
    {
        await using var page = await SignedIn();
        await page.Evaluate("couch.house.usageAt = couch.house.sightAt = Date.parse('2026-01-01T10:20:30')");
        await page.Answer("/couch/guests", 503, """{"error":"not now"}""");
        await page.Evaluate(IsOld);
        await page.Sees("couch.house.triedAt > 0", "it was tried");
        await page.Evaluate(IsYoung);
        await page.Sees("performance.getEntriesByType('resource').some(one => one.responseStatus === 503)", "it was answered");
        // Some more turns of the page, in which it takes the answer.
        await page.Evaluate("couch.app.view.refresh(); new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))");
        await page.SeesText("Usage as of 10:20:30", ".shown");
    }

    [Fact]
    public async Task A_screen_that_is_turned_has_every_row_in_its_place()
    {
        await couch.Host.Arrive();
        await couch.Host.Arrive();
        await using var page = await SignedIn();
        await page.Sees("document.querySelectorAll('.row').length >= 2", "there are rows");
        foreach (var (width, height) in new[] { (390, 84), (1280, 40), (390, 84) })
        {
            await page.Looks(width, 800, "light");
            await page.Sees(
                $"document.querySelector('.row[data-index=\"1\"]').getBoundingClientRect().top - "
                    + $"document.querySelector('.row[data-index=\"0\"]').getBoundingClientRect().bottom === 0 && "
                    + $"document.querySelector('.row').offsetHeight === {height}", $"rows of {height} pixels");
        }
    }

    private async Task Report(string guest, int tokens)
    {
        (await couch.Host.Put($"/couch/guests/{guest}/usage", new { tokensUsed = tokens })).Is(200);
        // A list reads rows, and a report is in its row within a second.
        await Until.True(
            async () => (await couch.Host.Get("/couch/guests?status=running&limit=1000")).Body.Contains(
                $"\"tokensUsed\":{tokens}", StringComparison.Ordinal), TimeSpan.FromSeconds(30), "the report is written");
    }

    private async Task Activate(string id) =>
        (await couch.Host.Post($"/couch/guests/{id}/activate", new { vmId = $"vm-{id}", agentEndpoint = "https://vm" })).Is(200);

    private async Task<BrowserPage> SignedIn()
    {
        var page = await browser.NewPage();
        await BrowserConsoleTests.SignIn(page, couch.Address);
        return page;
    }
}
