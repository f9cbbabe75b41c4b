using Couch.Cluster.Storage;
using Couch.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace Couch.Tests.Console;

/// <summary>A page that is open for a long time, before a large house.</summary>
public sealed class LongDayConsoleTests(Browser browser) : IClassFixture<Browser>
{
    private static readonly string[] Views = ["?view=events", "", "?view=charts", "?view=invites"];

    [Fact]
    public async Task A_page_that_sees_a_days_events_does_not_grow()
    {
        await using var couch = await CouchHost.Start();
        var guest = (await couch.Anyone.Arrive())["guestId"];
        await using var page = await browser.NewPage();
        await page.Open($"{couch.Address}");
        await page.Sees(BrowserConsoleTests.IsLive, "signed in");
        // As full as it gets: more invites, events and changes than it keeps.
        await Happen(0, 48_000);
        var before = await page.Kept();

        await Happen(48_000, 96_000);
        // What is still under way, such as an answer that is being read, is let go of soon; what is kept is not.
        var after = await Until.Gives(
            page.Kept, kept => kept.Heap <= before.Heap + (1 << 20) && kept.Nodes <= before.Nodes + 100, TimeSpan.FromSeconds(30),
            $"it keeps as much as before, {before}");

        TestContext.Current.TestOutputHelper!.WriteLine($"after 48,000 events {before}, after 96,000 {after}");
        Assert.Equal(1000, (int)(await page.Evaluate("couch.house.events.length"))!);
        // The oldest are let go of with the next event; a list may just have brought another.
        Assert.InRange((int)(await page.Evaluate("couch.house.invites.size"))!, 20_000, 20_010);
        Assert.Equal(1, (int)(await page.Evaluate("couch.house.guests.size"))!);
        Assert.Empty(page.Faults);

        async Task Happen(int from, int to)
        {
            foreach (var (view, at) in Views.Select((view, at) => (view, at)))
            {
                // By its own links, as a person changes views without leaving the page.
                await page.Evaluate($"couch.app.go({{ view: '{view}'.split('=')[1] ?? null }})");
                var isCharts = view.EndsWith("charts", StringComparison.Ordinal);
                if (isCharts)
                    await page.Sees("couch.app.view.past.since > 0", "the log is read");
                var (first, last) = (from + (to - from) * at / Views.Length, from + (to - from) * (at + 1) / Views.Length);
                await couch.App.Services.GetRequiredService<CouchDatabase>().Rows(
                    $$"""
                    WITH RECURSIVE n(number) AS (SELECT {{first}} UNION ALL SELECT number + 1 FROM n WHERE number < {{last - 1}})
                    INSERT INTO event (id, at, type, guest, record)
                    SELECT (SELECT COALESCE(MAX(id), 0) FROM event) + number + 1, strftime('%Y-%m-%dT%H:%M:%fZ'), {{Type}}, '{{guest}}',
                      '{"eventId":"x","timestamp":"' || strftime('%Y-%m-%dT%H:%M:%fZ') || '","source":"couch","type":"' || {{Type}}
                      || '","agent":"noah","payload":{"guestId":' || CASE WHEN number % 2 = 0 THEN 'null' ELSE '"{{guest}}"' END
                      || ',"inviteId":"i' || number || '","label":"x","hours":1,"expiresAt":"2026-12-01T00:00:00.000Z"'
                      || '},"metadata":{"by":null} }'
                    FROM n
                    """);
                await page.Sees($"couch.house.events.at(-1)?.payload.inviteId === 'i{last - 1}'", $"{last} have come");
                // Three of eight events are changes: at first all of them are kept, in the end as many as are at most.
                if (isCharts)
                    Assert.InRange((int)(await page.Evaluate("couch.app.view.past.steps.length"))!, Math.Min(last * 3 / 8, 20_000), 22_000);
            }

            await page.Evaluate("couch.app.go({ view: null }); window.came = couch.now(); couch.app.act('r')");
            await page.Sees("couch.house.usageAt > came && Date.parse(couch.house.summary.at) > came", "everything is read again");
        }
    }

    private const string Type = "CASE WHEN number % 2 = 0 THEN 'couch.invite.created' WHEN number % 8 = 3 THEN 'couch.guest.extended' "
        + "ELSE 'couch.guest.activated' END";

    [Fact]
    public async Task Before_ten_thousand_guests_it_paints_and_shows_a_change()
    {
        await using var couch = await CouchHost.Start($"--COUCH_AUTH_TOKEN={KeyedCouchHost.Key}");
        var host = couch.With(KeyedCouchHost.Key);
        await BrowserConsoleTests.Fill(couch, 10_000);
        await using var page = await browser.NewPage();
        await BrowserConsoleTests.SignIn(page, couch.Address);
        var (painted, rows, all, changed) = (new List<double>(), new List<double>(), new List<double>(), new List<double>());
        await page.Call("Page.addScriptToEvaluateOnNewDocument", new
        {
            source = """
                new MutationObserver((_, one) => {
                    if (!document.querySelector('.grid-body .row .name bdi'))
                        return;
                    one.disconnect();
                    requestAnimationFrame(() => setTimeout(() => { window.firstRows = performance.now(); }));
                }).observe(document, { childList: true, subtree: true, attributes: true });
                """,
        });
        for (var turn = 0; turn < 7; turn++)
        {
            await page.Open($"{couch.Address}");
            await page.Sees("window.firstRows", "there are rows");
            await page.Sees(
                "document.querySelector('.grid')?.getAttribute('aria-rowcount') >= 10002 && couch.house.isLoaded", "all are here");
            painted.Add(await Number("performance.getEntriesByName('first-contentful-paint')[0].startTime"));
            rows.Add(await Number("window.firstRows"));
            all.Add(await Number("performance.now()"));
        }

        for (var turn = 0; turn < 20; turn++)
        {
            var id = (await host.Arrive())["guestId"]!;
            await page.Sees(BrowserConsoleTests.Row("guest-") + $" && couch.house.guests.has('{id}') && "
                + $"couch.app.view.grid.rows.some(row => row.id === '{id}')", "it is here");
            // From the answer of the kill to the frame that shows it.
            changed.Add(await Number($$"""
                (async () => {
                    const row = () => [...document.querySelectorAll('.grid-body .row')].find(
                        row => couch.app.view.grid.rows[row.dataset.index]?.id === '{{id}}');
                    const answered = await fetch('/couch/guests/{{id}}', { method: 'DELETE', headers: { 'Couch-Console': '1' } });
                    const began = performance.now();
                    if (!answered.ok)
                        throw new Error(answered.status);
                    // It moves to those that have ended, out of sight.
                    while (couch.app.view.grid.rows.find(row => row.id === '{{id}}').status !== 'revoked'
                        || row()?.className.includes('prov'))
                        await new Promise(done => requestAnimationFrame(done));
                    await new Promise(done => requestAnimationFrame(() => setTimeout(done)));
                    return performance.now() - began;
                })()
                """));
        }

        var output = TestContext.Current.TestOutputHelper!;
        output.WriteLine($"first paint {Said(painted)}; first rows {Said(rows)}; all 10,000 {Said(all)}; a change {Said(changed)}");
        Assert.Equal("10022", (string?)await page.Evaluate("document.querySelector('.grid').getAttribute('aria-rowcount')"));

        async Task<double> Number(string expression) => (double)(await page.Evaluate(expression))!;

        static string Said(List<double> times)
        {
            times.Sort();
            return $"median {times[times.Count / 2]:F0} ms, longest {times[^1]:F0} ms";
        }
    }
}
