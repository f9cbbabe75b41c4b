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
        Assert.Equal("3 3", (string?)await page.Evaluate(
            "`${document.querySelectorAll('.chart svg[role=img][aria-label]').length} ${document.querySelectorAll('.chart').length}`"));

        // The same as a table.
        await page.Click(".chart summary");
        await page.Sees("document.querySelectorAll('.chart table')[0].rows.length === 61", "a row for each minute");
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
        // Another one was there all the time. What happened after they were counted, at 60, is reckoned in.
        var found = (string?)await page.Evaluate("""
            (async () => {
                const { parts } = await import('/console/past.js');
                const step = (id, at, type, ran) => ({ id, at, type, ran });
                const steps = [
                    step(1, 12, 'couch.invite.redeemed'), step(2, 15, 'couch.guest.activated', true),
                    step(3, 38, 'couch.guest.killed', true),
                    step(4, 52, 'couch.invite.redeemed'), step(5, 71, 'couch.guest.expired', false),
                ];
                return parts(steps, { from: 0, until: 100, count: 10, base: { running: 1, provisioning: 1, at: 60 } })
                    .map(part => `${part.running}${part.provisioning}${part.most}${part.arrived}${part.expired}${part.revoked}`).join(' ');
            })()
            """);

        Assert.Equal("101000 202100 202000 102001 101000 112100 112000 102010 101000 101000", found);
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
