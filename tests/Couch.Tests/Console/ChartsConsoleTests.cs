using System.Text.Json;
using Couch.Tests.Support;
using Xunit;

namespace Couch.Tests.Console;

/// <summary>Charts say what the log says, no more, and say so in words and in tables too.</summary>
public sealed class ChartsConsoleTests(Browser browser) : IClassFixture<Browser>
{
    private static readonly string[] Stay = ["redeemed", "activated", "killed"];

    [Fact]
    public async Task Guests_by_status_are_counted_back_by_the_log_and_follow_it()
    {
        await using var couch = await CouchHost.Start($"--COUCH_AUTH_TOKEN={KeyedCouchHost.Key}");
        var host = couch.With(KeyedCouchHost.Key);
        var ids = new List<string>();
        for (var turn = 0; turn < 4; turn++)
            ids.Add((await host.Arrive())["guestId"]!);
        foreach (var id in ids.Take(3))
            await Activate(id);
        (await host.Put($"/couch/guests/{ids[0]}/usage", new { tokensUsed = 500 })).Is(200);
        (await host.Put($"/couch/guests/{ids[1]}/usage", new { tokensUsed = 70 })).Is(200);
        (await host.Delete($"/couch/guests/{ids[0]}")).Is(200);
        await Until.True(
            async () => (await host.Get("/couch/guests")).Body.Contains("\"tokensUsed\":70,", StringComparison.Ordinal),
            TimeSpan.FromSeconds(30), "the report is written");

        await using var page = await browser.NewPage();
        await BrowserConsoleTests.SignIn(page, couch.Address);
        await page.Press("6");
        await page.SeesText("Now 2 running and 1 provisioning; in the last hour at most 4 together", ".chart");
        await page.SeesText("4 guests arrived; 0 stopped, 0 expired, 1 were killed", ".chart");
        await page.SeesText("Tokens: 500 by the 1 stay that ended in the last hour, and 70 so far by those who stay", ".chart");
        await page.SeesText("Usage counters are no events", ".chart");

        // Nothing tells of usage: it is read again once a minute here too.
        (await host.Put($"/couch/guests/{ids[1]}/usage", new { tokensUsed = 90 })).Is(200);
        await Until.True(
            async () => (await host.Get("/couch/guests")).Body.Contains("\"tokensUsed\":90,", StringComparison.Ordinal),
            TimeSpan.FromSeconds(30), "the report is written");
        await page.Evaluate("couch.house.usageAt = 0; couch.house.triedAt = couch.now() + 3_600_000; couch.app.view.refresh()");
        await page.SeesText("That of those who stay is not read yet", ".chart");
        await page.Evaluate("couch.house.triedAt = 0");
        await page.SeesText("and 90 so far by those who stay", ".chart");
        await page.SeesText("That of those who stay is as of", ".chart");
        Assert.Equal("3 3", (string?)await page.Evaluate(
            "`${document.querySelectorAll('.chart svg[role=img][aria-label]').length} ${document.querySelectorAll('.chart').length}`"));

        // The same as a table.
        await page.Click(".chart summary");
        // The first minute and the present one are shown in part.
        await page.Sees("[61, 62].includes(document.querySelectorAll('.chart table')[0].rows.length)", "a row for each minute");
        Assert.Matches(
            @"^\d\d:\d\d \d\d:\d\d$", (string?)await page.Evaluate(
                "[...document.querySelectorAll('.chart table')[0].rows].at(-2).innerText.split(/\\s+/).slice(0, 2).join(' ')"));
        Assert.Equal("2 1", (string?)await page.Evaluate(
            "[...document.querySelectorAll('.chart table')[0].rows].at(-1).innerText.split(/\\s+/).slice(-2).join(' ')"));

        await Activate(ids[3]);
        await page.SeesText("Now 3 running and 0 provisioning", ".chart");
        (await host.Delete($"/couch/guests/{ids[3]}")).Is(200);
        await page.SeesText("Now 2 running and 0 provisioning", ".chart");
        await page.SeesText("2 were killed", ".chart");

        await page.Evaluate("""
            const which = document.querySelector('.tools select');
            which.value = '24';
            which.dispatchEvent(new Event('change'));
            """);
        await page.SeesText("in the last day at most", ".chart");
        Assert.Equal("?view=charts&hours=24", (string?)await page.Evaluate("location.search"));
        await page.Evaluate("window.isLeft = true; location.reload()");
        await page.Sees("!window.isLeft && document.querySelector('.chart')?.textContent.includes('the last day')", "the address keeps it");
        await BrowserConsoleTests.IsClean(page, couch.Address);

        async Task Activate(string id) =>
            (await host.Post($"/couch/guests/{id}/activate", new { vmId = $"vm-{id}", agentEndpoint = "https://vm" })).Is(200);
    }

    [Fact]
    public async Task Levels_are_right_at_the_end_of_every_part()
    {
        await using var couch = await CouchHost.Start();
        await using var page = await browser.NewPage();
        await page.Open($"{couch.Address}");
        await page.Sees(BrowserConsoleTests.IsLive, "signed in");

        // Ten parts of ten. A guest arrives at 12, runs at 15 and is killed at 38; one arrives at 52 and expires at 71 without having run.
        // Another one was there all the time. What happened after they were counted, with the fourth event, is reckoned in.
        var found = (string?)await page.Evaluate("""
            (async () => {
                const { parts } = await import('/console/past.js');
                const step = (id, at, type, ran) => ({ id, at, type, ran });
                const steps = [
                    step(1, 12, 'couch.invite.redeemed'), step(2, 15, 'couch.guest.activated', true),
                    step(3, 38, 'couch.guest.killed', true),
                    step(4, 52, 'couch.invite.redeemed'), step(5, 71, 'couch.guest.expired', false),
                ];
                return parts(steps, { from: 0, until: 100, length: 10, base: { running: 1, provisioning: 1, after: 4 } })
                    .map(part => `${part.running}${part.provisioning}${part.most}${part.arrived}${part.expired}${part.revoked}`).join(' ');
            })()
            """);

        Assert.Equal("101000 202100 202000 102001 101000 112100 112000 102010 101000 101000", found);
    }

    [Fact]
    public async Task Levels_do_not_depend_on_the_clocks_of_nodes()
    {
        await using var couch = await CouchHost.Start();
        await using var page = await browser.NewPage();
        await page.Open($"{couch.Address}");
        await page.Sees(BrowserConsoleTests.IsLive, "signed in");

        // The node that wrote the second event is ahead, and the one that wrote the third is behind. The first two are in the count.
        var found = (string?)await page.Evaluate("""
            (async () => {
                const { parts } = await import('/console/past.js');
                const steps = [
                    { id: 1, at: 50, type: 'couch.invite.redeemed' }, { id: 2, at: 90, type: 'couch.guest.activated', ran: true },
                    { id: 3, at: 45, type: 'couch.invite.redeemed' },
                ];
                const last = parts(steps, { from: 0, until: 100, length: 10, base: { running: 1, provisioning: 0, after: 2 } }).at(-1);
                return `${last.running} ${last.provisioning}`;
            })()
            """);

        Assert.Equal("1 1", found);
        (await couch.Anyone.Arrive()).Is(201);
        await page.Sees(
            "couch.house.summary.guests.provisioning === 1 && couch.house.summary.countedAfter === couch.house.events.at(-1).id",
            "a summary knows the last event that came before it was asked for");
    }

    [Fact]
    public async Task Changes_older_than_a_day_are_let_go_of()
    {
        await using var couch = await CouchHost.Start();
        await using var page = await browser.NewPage();
        await page.Open($"{couch.Address}");
        await page.Sees(BrowserConsoleTests.IsLive, "signed in");

        Assert.Equal("2 3 true", (string?)await page.Evaluate("""
            (async () => {
                const { Past } = await import('/console/past.js');
                const [past, now] = [new Past(), couch.now()];
                past.steps = [{ id: 1, at: now - 25 * 3_600_000 }, { id: 2, at: now - 23 * 3_600_000 }];
                past.since = now - 26 * 3_600_000;
                past.take([{ id: 3, timestamp: new Date(now).toISOString(), type: 'couch.guest.killed', payload: { vmId: 'x' } }]);
                return `${past.steps.map(step => step.id).join(' ')} ${past.since >= now - 24 * 3_600_000}`;
            })()
            """));
    }

    [Fact]
    public async Task Parts_begin_when_a_clock_shows_a_whole_time()
    {
        await using var couch = await CouchHost.Start();
        await using var page = await browser.NewPage();
        await page.Open($"{couch.Address}");
        await page.Sees(BrowserConsoleTests.IsLive, "signed in");

        var found = (string?)await page.Evaluate("""
            (async () => {
                const { Parts, lengthOf } = await import('/console/past.js');
                const until = new Date(2026, 5, 1, 12, 10, 20).getTime();
                return [3_600_000, 24 * 3_600_000, 50_000, 0].map(time => {
                    const length = lengthOf(time);
                    const parts = new Parts(until - time, until, length);
                    const shown = at => new Date(at).toTimeString().slice(0, 8);
                    return [length / 1000, parts.all.length, shown(parts.all[0].from), shown(parts.all[0].until),
                        shown(parts.all.at(-1).from), shown(parts.all.at(-1).until),
                        parts.at(until - time) === parts.all[0] && parts.at(until) === parts.all.at(-1) && !parts.at(until - time - 1),
                    ].join(' ');
                }).join(', ');
            })()
            """);

        Assert.Equal(
            "60 61 11:10:20 11:11:00 12:10:00 12:10:20 true, 1800 49 12:10:20 12:30:00 12:00:00 12:10:20 true, "
                + "1 50 12:09:30 12:09:31 12:10:19 12:10:20 true, 1 1 12:10:20 12:10:20 12:10:20 12:10:20 true", found);
    }

    [Fact]
    public async Task A_log_that_is_too_long_to_be_read_is_drawn_as_far_as_it_was_read_and_says_so()
    {
        await using var couch = await CouchHost.Start();
        await using var page = await browser.NewPage();
        var now = TimeProvider.System.GetUtcNow();
        await page.Answer("/couch/events", 200, JsonSerializer.Serialize(new
        {
            // The newest first, as they are asked for.
            events = Enumerable.Range(0, 1000).Select(at => new
            {
                id = 5_000_000 - at, timestamp = now.AddSeconds(-at),
                type = $"couch.{(at % 3 == 2 ? "invite" : "guest")}.{Stay[2 - (at % 3)]}",
                payload = new { vmId = "x" }, metadata = new { },
            }),
            count = 1000, nextCursor = 4_999_000,
        }));
        await page.Open($"{couch.Address}?view=charts");

        await page.SeesText("Drawn from 20,000 changes in the log. The log has more than this page reads: these are all since", ".shown");
        // No sentence claims an hour.
        await page.SeesText("Tokens: ", ".chart");
        Assert.Equal(
            "at most, Since, ended since", (string?)await page.Evaluate("""
                [...document.querySelectorAll('.chart > p:first-of-type')].map(one => one.textContent.includes('hour') ? one.textContent
                    : /since \d\d:\d\d:\d\d (at most)|^(Since) \d\d:\d\d:\d\d |(ended since) \d\d:\d\d:\d\d,/.exec(one.textContent)
                        ?.slice(1).find(Boolean) ?? one.textContent).join(', ')
                """));
        Assert.Equal(20, page.Requests.Count(request => request.Contains("&type=couch.invite.redeemed,", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task A_key_without_the_scope_guests_sees_who_came_and_went()
    {
        await using var couch = await CouchHost.Start($"--COUCH_AUTH_TOKEN={KeyedCouchHost.Key}");
        var host = couch.With(KeyedCouchHost.Key);
        await host.Arrive();
        var key = (await host.Post("/couch/keys", new { name = "events", scopes = new[] { "events" } })).Is(201)["key"]!;
        await using var page = await browser.NewPage();
        await BrowserConsoleTests.SignIn(page, couch.Address, key);
        await page.Press("6");

        await page.SeesText("this key lacks the scope guests", ".shown");
        await page.SeesText("1 guest arrived", ".chart");
        Assert.Equal(1, (int)(await page.Evaluate("document.querySelectorAll('.chart:not([hidden])').length"))!);
        await BrowserConsoleTests.IsClean(page, couch.Address);
    }
}
