using System.Text.Json;
using Couch.Cluster.Storage;
using Couch.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace Couch.Tests.Console;

/// <summary>The console as a person uses it: in a real browser, by its keyboard, against a real couch.</summary>
public sealed class BrowserConsoleTests(Browser browser, KeyedCouchHost couch) : IClassFixture<Browser>, IClassFixture<KeyedCouchHost>
{
    internal const string IsLive = "document.querySelector('.pill.open') && couch.house.isLoaded";


    [Fact]
    public async Task A_host_signs_in_invites_sees_the_guest_arrive_and_kills_it_by_the_keyboard()
    {
        await using var page = await browser.NewPage();
        await page.Open($"{couch.Address}");
        await page.Sees("document.activeElement?.id === 'host-key'", "the page asks for the host key");
        await page.Type("a wrong key");
        await page.Press("Enter");
        await page.SeesText("this is not a host key of this couch");
        await SignIn(page, couch.Address);

        await page.Press("n");
        await page.Sees("document.querySelector('dialog[open] input:focus')", "an invite is asked for");
        await page.Type("noah");
        await page.Press("Tab");
        await page.Type("nightly build");
        await page.Press("Enter");
        await page.Sees("document.querySelector('#code')", "the code is shown");
        var (code, command) = (await page.Text("#code"), await page.Text("#command"));
        Assert.StartsWith("inv_", code, StringComparison.Ordinal);
        Assert.Equal(
            $"curl -X POST {couch.Address}couch/redeem -H \"Content-Type: application/json\" "
                + $"-d '{{\"code\":\"{code}\",\"name\":\"your-name\"}}'", command);
        Assert.Equal(
            $"echo {code} | couch redeem --name your-name --url {couch.Address}".TrimEnd('/'), await page.Text("#couch-command"));
        await page.Press("Escape");
        await page.Sees("!document.querySelector('dialog')", "the code is shown once");
        Assert.DoesNotContain(
            code, (string?)await page.Evaluate("document.documentElement.outerHTML"), StringComparison.Ordinal);

        var guest = (await couch.Anyone.Post("/couch/redeem", new { code, name = "arrives-live" })).Is(201)["guestId"];
        await page.Sees(Row("arrives-live"), "the guest appears by itself");
        await page.SeesText("nightly build", ".row .label");

        // Three strokes end whoever is found.
        await page.Press("/");
        await page.Type("arrives-live");
        await page.Press("Enter");
        await page.Press("j", "x");
        await page.Sees("document.querySelector('dialog[open]')?.textContent.includes('arrives-live')", "it is asked once more");
        Assert.Equal("provisioning", (await couch.Host.Get($"/couch/guests/{guest}"))["status"]);
        await page.Press("y");
        await page.Sees(Row("arrives-live") + "?.classList.contains('revoked')", "the guest is shown as killed");
        var killed = (await couch.Host.Get($"/couch/guests/{guest}")).Is(200);
        Assert.Equal(("revoked", "configured"), (killed["status"], (string?)killed.Json["killedWith"]!["name"]));

        await page.Press("Enter");
        await page.Sees("document.querySelectorAll('.timeline li').length >= 3", "the stay is one line of time");
        var steps = await page.Text(".timeline");
        Assert.Matches("was invited.*redeemed the invite.*was killed by configured", steps);
        await page.Press("Escape");
        await page.Sees("document.querySelector('.guests .row[aria-selected=true]')", "back at the same guest");
        await IsClean(page, couch.Address);
    }

    [Fact]
    public async Task The_key_is_kept_nowhere_in_the_page_and_signing_out_leaves_nothing()
    {
        await using var page = await browser.NewPage();
        await SignIn(page, couch.Address);
        await couch.Host.Arrive();
        await page.Sees("couch.house.guests.size > 0", "there is something to see");

        Assert.Equal("0 0  ", (string?)await page.Evaluate(
            "`${localStorage.length} ${sessionStorage.length} ${document.cookie} ${location.search}`"));
        Assert.DoesNotContain(
            page.Requests, request => Uri.UnescapeDataString(request).Contains(KeyedCouchHost.Key, StringComparison.Ordinal));
        await page.ClickText("header button", "Sign out");
        await page.SeesText("You are signed out");
        Assert.Equal(0, (int)(await page.Evaluate("couch.house.guests.size"))!);
        await page.Open($"{couch.Address}");
        await page.Sees("document.querySelector('#host-key')", "the page asks for the host key again");
        await IsClean(page, couch.Address);
    }

    [Fact]
    public async Task A_sign_in_link_signs_in_once_and_leaves_the_address()
    {
        var link = (await couch.Host.Post("/couch/console/tickets")).Is(200)["link"];
        await using var page = await browser.NewPage();
        await page.Open($"{couch.Address}{link!.TrimStart('/')}");
        await page.Sees(IsLive, "signed in");
        Assert.Equal($"{couch.Address}", (string?)await page.Evaluate("location.href"));
        Assert.DoesNotContain(page.Requests, request => new Uri(request).PathAndQuery.Contains("ticket_", StringComparison.Ordinal));

        await using var again = await browser.NewPage();
        await again.Open($"{couch.Address}{link.TrimStart('/')}");
        await again.SeesText("this sign-in link is spent");
        await again.Sees("document.querySelector('#host-key')", "the page asks for the host key");
    }

    [Fact]
    public async Task A_session_whose_key_is_revoked_ends_and_shows_nothing_more()
    {
        var made = (await couch.Host.Post("/couch/keys", new { name = "console", scopes = new[] { "guests", "events" } })).Is(201);
        await couch.Host.Arrive();
        await using var page = await browser.NewPage();
        await SignIn(page, couch.Address, made["key"]!);
        Assert.DoesNotContain("Invites", await page.Text("nav"), StringComparison.Ordinal);

        (await couch.Host.Delete($"/couch/keys/{made["id"]}")).Is(200);
        await page.Press("r");

        await page.SeesText("Your session has ended, or its key is no longer good");
        await page.Sees("couch.house.guests.size === 0 && !document.querySelector('.row')", "nothing is shown");
    }

    [Fact]
    public async Task Names_that_others_have_chosen_are_text_and_nothing_else()
    {
        string[] names =
        [
            "<img src=x onerror=\"window.hacked=1\">", "\"><script>window.hacked=1</script>", "javascript:window.hacked=1",
            "txt.\u202Eexe.gpj", "a\u200Bb\u2066c", "{{7*7}} ${7*7}", new string('w', 128),
            "e\u0301\u0302\u0303\u0304\u0305\u0306\u0307", "\u05E9\u05DC\u05D5\u05DD-guest",
        ];
        await using var own = await CouchHost.Start($"--COUCH_AUTH_TOKEN={KeyedCouchHost.Key}");
        var host = own.With(KeyedCouchHost.Key);
        var ids = new List<string>();
        foreach (var name in names)
        {
            var invite = await host.Invite(new { createdBy = name, label = name });
            ids.Add((await own.Anyone.Redeem(invite, name)).Is(201)["guestId"]!);
            (await host.Invite(new { createdBy = name, label = name })).Is(201);
        }

        await using var page = await browser.NewPage();
        await SignIn(page, own.Address);
        await page.Sees($"couch.house.invites.size >= {names.Length}", "the labels are there");
        var invites = (await host.Get("/couch/invites?status=redeemed")).Is(200).Json["invites"]!.AsArray();
        foreach (var address in new[]
                 {
                     "", "?view=invites", "?view=events", $"?guest={ids[0]}", $"?guest={ids[3]}", $"?invite={invites[^1]!["id"]}",
                     $"?invite={invites[^4]!["id"]}",
                 })
        {
            await page.Open($"{own.Address}{address}");
            await page.Sees(
                address.Contains("?guest=", StringComparison.Ordinal) || address.Contains("?invite=", StringComparison.Ordinal)
                    ? "document.querySelector('.timeline li')" : "document.querySelector('.row')",
                $"{address} is shown");
            Assert.Equal("2 0 0 false", (string?)await page.Evaluate(
                "`${document.scripts.length} ${document.images.length} ${document.querySelectorAll('style, iframe, object').length} "
                    + "${'hacked' in window}`"));
            Assert.DoesNotMatch("[\u200B\u202E\u2066]", await page.Text("body"));
        }

        await page.Open($"{own.Address}");
        await page.SeesText("txt.\\u{202E}exe.gpj", ".row .name bdi");
        await page.SeesText("a\\u{200B}b\\u{2066}c", ".row .label bdi");
        Assert.Equal("isolate", (string?)await page.Evaluate(
            "getComputedStyle(document.querySelector('.row .name bdi')).unicodeBidi"));
        // Marks that pile up stay in their own row.
        Assert.True((bool)(await page.Evaluate(
            "[...document.querySelectorAll('.row')].every(row => getComputedStyle(row).contain.includes('paint'))"))!);
        await IsClean(page, own.Address);
    }

    [Fact]
    public async Task A_lost_connection_is_said_and_what_happened_meanwhile_is_caught_up()
    {
        await using var proxy = new TcpProxy(couch.Address.Port);
        var through = new Uri($"http://127.0.0.1:{proxy.Port}/");
        await using var page = await browser.NewPage();
        await SignIn(page, through);

        proxy.GoDead();
        await page.Sees("document.querySelector('.pill.gone') && !document.querySelector('.banner').hidden", "the loss is said");
        await page.SeesText("The connection is gone since", ".banner");
        var missed = await couch.Host.Arrive();
        var killed = await couch.Host.Arrive();
        (await couch.Host.Delete($"/couch/guests/{killed["guestId"]}")).Is(200);
        proxy.Heal();
        await page.Press("j");
        await page.Click(".banner button");

        await page.Sees(IsLive + " && document.querySelector('.banner').hidden", "the connection is back");
        await page.Sees($"couch.house.guests.get('{missed["guestId"]}')?.status === 'provisioning'", "the guest of meanwhile is here");
        await page.Sees($"couch.house.guests.get('{killed["guestId"]}')?.status === 'revoked'", "the kill of meanwhile is here");

        // Out of sight it lets go of its connection, which is no loss.
        await page.Evaluate("couch.house.pause()");
        await page.Sees("document.querySelector('.pill.paused') && document.querySelector('.banner').hidden", "it follows no more");
        var unseen = await couch.Host.Arrive();
        await page.Evaluate("couch.house.resume()");
        await page.Sees($"couch.house.guests.has('{unseen["guestId"]}')", "what nobody saw is here");
        Assert.True((bool)(await page.Evaluate("couch.house.events.every((event, at, all) => at === 0 || event.id > all[at - 1].id)"))!);
    }

    [Fact]
    public async Task Ten_thousand_guests_are_forty_rows_that_scroll_and_are_found()
    {
        await using var full = await CouchHost.Start($"--COUCH_AUTH_TOKEN={KeyedCouchHost.Key}");
        await Fill(full, 10_000);
        await using var page = await browser.NewPage();
        await SignIn(page, full.Address);
        // With the one that all others are copies of, and the row of the heads.
        await page.Sees("document.querySelector('.grid')?.getAttribute('aria-rowcount') === '10002'", "all are here");

        Assert.InRange((int)(await page.Evaluate("document.querySelectorAll('.row').length"))!, 5, 60);
        var frames = (await page.Evaluate("""
            (async () => {
                const grid = document.querySelector('.grid');
                const took = [];
                for (let step = 0; step < 120; step++) {
                    const began = performance.now();
                    grid.scrollTop += 1500;
                    await new Promise(done => requestAnimationFrame(done));
                    took.push(performance.now() - began);
                }
                return took.sort((a, b) => a - b);
            })()
            """))!.AsArray().Select(time => (double)time!).ToList();
        TestContext.Current.TestOutputHelper!.WriteLine(
            $"a frame of scrolling: median {frames[60]:F1} ms, 95 % {frames[114]:F1} ms, longest {frames[^1]:F1} ms");
        // Four frames of a screen, on a machine that does much else.
        Assert.InRange(frames[60], 0, 67);

        await page.Press("End");
        await page.Sees(
            "document.querySelector('.row[aria-selected=true]')?.textContent.includes('many-00000')", "the last one is reached");
        await page.Sees("document.querySelector('.grid').getAttribute('aria-activedescendant')"
            + " === document.querySelector('.row[aria-selected=true]').id", "whoever listens is told which");
        await page.Press("/");
        await page.Type("many-04711");
        await page.Sees("couch.app.view.grid.rows.length === 1", "one is found");
        Assert.Contains("q=many-04711", (string?)await page.Evaluate("location.search"), StringComparison.Ordinal);
        await page.Evaluate("location.reload()");
        await page.Sees("couch.house.isLoaded && couch.app.view.grid.rows.length === 1", "the address keeps the search");
    }

    [Fact]
    public async Task What_the_page_keeps_is_bounded_however_much_happens_before_it()
    {
        await using var busy = await CouchHost.Start($"--COUCH_AUTH_TOKEN={KeyedCouchHost.Key}");
        await using var page = await browser.NewPage();
        await SignIn(page, busy.Address);
        await page.Evaluate("""
            for (let at = 0; at < 8000; at++)
                couch.house.keep({
                    id: `01M${String(at).padStart(23, '0')}`, name: 'gone', status: 'stopped', createdAt: '2026-01-01T00:00:00.000Z',
                    expiresAt: '2026-01-02T00:00:00.000Z', resourceLimits: {}, resourceUsage: {}, vm: { state: 'destroyed' },
                })
            """);

        await busy.App.Services.GetRequiredService<CouchDatabase>().Rows("""
            WITH RECURSIVE n(number) AS (SELECT 1 UNION ALL SELECT number + 1 FROM n WHERE number < 25000)
            INSERT INTO event (id, at, type, record)
            SELECT (SELECT COALESCE(MAX(id), 0) FROM event) + number, '2026-01-01T00:00:00.000Z', 'couch.invite.created',
              '{"eventId":"x","timestamp":"2026-01-01T00:00:00.000Z","source":"couch","type":"couch.invite.created","agent":"noah",'
              || '"payload":{"inviteId":"i' || number || '","label":"x"},"metadata":{"by":null}}'
            FROM n
            """);

        await page.Sees("couch.house.invites.has('i25000')", "everything has come");
        Assert.Equal("1000 20000", (string?)await page.Evaluate("`${couch.house.events.length} ${couch.house.invites.size}`"));
        Assert.InRange((int)(await page.Evaluate("couch.house.guests.size"))!, 6000, 6600);
        // Those that arrived last are kept.
        Assert.True((bool)(await page.Evaluate("couch.house.guests.has('01M' + '7999'.padStart(23, '0'))"))!);
    }

    [Fact]
    public async Task What_is_owed_is_green_at_zero_red_above_it_and_said_where_the_couch_cannot_say()
    {
        await using var page = await browser.NewPage();
        await page.Answer("/couch/summary", 200, Summary(destroys: 0));
        await SignIn(page, couch.Address);
        await page.SeesText("nothing of an ended guest is left", ".card.good");

        // As another version of the couch may answer it.
        await page.Answer("/couch/summary", 200, Summary(destroys: 3));
        await page.Evaluate("couch.house.summarize()");
        await page.SeesText("3 VMs to destroy, the oldest for 2 min", ".card.bad");

        await page.Answer("/couch/summary", 404, """{"error":"not found"}""");
        await page.Evaluate("couch.house.summarize()");
        await page.SeesText("GET /couch/summary answers 404", ".card.unknown");
    }

    [Fact]
    public async Task Many_are_ended_by_whoever_types_their_count()
    {
        await using var page = await browser.NewPage();
        await couch.Host.Arrive();
        await SignIn(page, couch.Address);
        await page.Answer("/couch/guests/kill", 404, """{"error":"not found"}""");
        await page.ClickText("button", "End many");
        await page.ClickText("button", "Count first");
        await page.SeesText("This couch cannot do that for many at once", "dialog");

        await page.Answer("/couch/guests/kill", 200, """{"killed":7,"alreadyEnded":1,"failed":[]}""");
        await page.ClickText("button", "Count first");
        await page.SeesText("7 guests would be killed; 1 ended already", "dialog");
        Assert.True((bool)(await page.Evaluate("document.querySelector('dialog .danger').disabled"))!);
        await page.Type("6");
        Assert.True((bool)(await page.Evaluate("document.querySelector('dialog .danger').disabled"))!);
        await page.Evaluate("document.activeElement.select()");
        await page.Type("7");
        await page.Sees("!document.querySelector('dialog .danger').disabled", "the count is right");
        await page.Answer("/couch/guests/kill", 200, """
            {"killed":3,"alreadyEnded":0,"failed":[]}
            {"killed":6,"alreadyEnded":1,"failed":[{"id":"01X","error":"<b>it did not answer</b>"}]}
            """);
        await page.Click("dialog .danger");
        await page.SeesText("6 guests killed, 1 ended already, 1 failed", "dialog");
        await page.SeesText("<b>it did not answer</b>", "dialog li");
    }

    [Fact]
    public async Task A_stay_is_followed_from_the_invite_to_the_receipt_and_nothing_is_owed_at_its_end()
    {
        await using var demo = await CouchHost.Start("--COUCH_DEMO=true", $"--COUCH_AUTH_TOKEN={KeyedCouchHost.Key}");
        await using var page = await browser.NewPage();
        await SignIn(page, demo.Address);
        await page.SeesText("Demo: VMs are only pretended", ".demo:not([hidden])");
        await page.SeesText("nothing of an ended guest is left", ".card.good");
        var host = demo.With(KeyedCouchHost.Key);
        var guest = (await demo.Anyone.Redeem(await host.Invite(new { createdBy = "noah", label = "a stay" }), "stays")).Is(201)["guestId"];

        await page.Sees(Row("stays") + "?.classList.contains('running')", "it runs, by itself");
        await page.Press("j", "Enter");
        await page.SeesText("is running", ".timeline");
        await page.Press("e");
        await page.Sees("document.querySelector('dialog input:focus')", "it is asked for how long");
        await page.Press("Enter");
        await page.SeesText("was given more time: 1 h by configured", ".timeline");
        await page.Press("x", "y");

        await page.SeesText("VM destroyed: the receipt", ".timeline");
        Assert.Matches(
            "was invited: a stay by configured.*redeemed the invite.*is running.*was given more time.*was killed by configured.*receipt",
            await page.Text(".timeline"));
        Assert.NotNull((await host.Get($"/couch/guests/{guest}")).Is(200).Json["vm"]!["destroyedAt"]);
        await page.Press("Escape");
        await page.SeesText("nothing of an ended guest is left", ".card.good");
        await page.SeesText("VM destroyed", ".row.revoked");
        await IsClean(page, demo.Address);
    }

    [Fact]
    public async Task Many_guests_and_many_invites_are_ended_for_real()
    {
        await using var own = await CouchHost.Start($"--COUCH_AUTH_TOKEN={KeyedCouchHost.Key}");
        var host = own.With(KeyedCouchHost.Key);
        for (var i = 0; i < 5; i++)
        {
            await host.Arrive(new { createdBy = "noah", label = i < 3 ? "batch" : "other" });
            await host.Invite(new { createdBy = "noah", label = "open" });
        }

        await using var page = await browser.NewPage();
        await SignIn(page, own.Address);
        await page.Sees("couch.house.guests.size === 5", "all are here");
        await End("End many", "all", "batch", "3");
        await page.SeesText("3 guests killed, 0 ended already, 0 failed", "dialog");
        await page.Press("Escape");
        await page.Sees("document.querySelectorAll('.row.revoked').length === 3", "they are shown as ended");

        await page.Press("2");
        await page.Sees("document.querySelectorAll('.row.active').length === 5", "the invites are shown");
        await End("Revoke many", "ids", "open", "5");
        await page.SeesText("5 invites revoked, 0 ended already, 0 failed", "dialog");
        await page.Press("Escape");
        await page.Sees("document.querySelectorAll('.row.revoked').length === 5", "they are shown as revoked");
        Assert.Equal(2, (int)(await host.Get("/couch/guests?status=provisioning")).Json["count"]!);
        await IsClean(page, own.Address);

        async Task End(string button, string which, string label, string count)
        {
            await page.ClickText(".tools button", button);
            await page.Evaluate($"document.querySelector('dialog select').value = '{which}'");
            await page.Evaluate($"document.querySelectorAll('dialog input')[1].value = '{label}'");
            await page.ClickText("dialog button", "Count first");
            await page.Sees("document.querySelector('dialog .danger')", "they are counted");
            await page.Type(count);
            await page.Click("dialog .danger");
        }
    }

    [Fact]
    public async Task A_meters_report_shows_in_bars_that_warn()
    {
        var guest = (await couch.Host.Arrive(
            new { createdBy = "noah", enforcement = "report", resourceLimits = new { maxTokenBudget = 1000 } }))["guestId"];
        (await couch.Host.Put($"/couch/guests/{guest}/usage", new { tokensUsed = 950, networkEgressGB = 7.5, diskUsedGB = 1 })).Is(200);
        // A list reads rows, and a report is in its row within a second.
        await Until.True(
            async () => (await couch.Host.Get("/couch/guests?limit=1000")).Body.Contains("950", StringComparison.Ordinal),
            TimeSpan.FromSeconds(30), "the report is written");
        await using var page = await browser.NewPage();
        await SignIn(page, couch.Address);
        await page.Open($"{couch.Address}?q={guest}");

        await page.Sees("document.querySelectorAll('.row').length === 1 && couch.house.isLoaded", "the guest is shown");
        await page.Sees("document.querySelector('.row .bar.red')?.getAttribute('aria-label') === 'tokens: 95 %'", "red from 90 %");
        await page.Sees("document.querySelector('.row .bar.amber')?.getAttribute('aria-label') === 'network: 75 %'", "amber from 70 %");
        await page.SeesText("50 tokens, 2.5 GB out", ".row .left");
    }

    [Fact]
    public async Task A_phone_shows_it_without_scrolling_sideways_and_every_control_has_a_name()
    {
        await couch.Host.Arrive();
        await using var page = await browser.NewPage();
        await page.Call("Emulation.setDeviceMetricsOverride", new { width = 390, height = 844, deviceScaleFactor = 2, mobile = true });
        await page.Call(
            "Emulation.setEmulatedMedia", new { features = new[] { new { name = "prefers-color-scheme", value = "dark" } } });
        await SignIn(page, couch.Address);
        await page.Sees("document.querySelector('.row')", "a guest is shown");
        Assert.Equal("rgb(20, 24, 26)", (string?)await page.Evaluate("getComputedStyle(document.body).backgroundColor"));

        foreach (var view in new[] { "", "?view=invites", "?view=events", "?view=keys", "?view=webhooks", "?view=charts" })
        {
            await page.Open($"{couch.Address}{view}");
            await page.Sees(IsLive, $"{view} is shown");
            Assert.True((bool)(await page.Evaluate("document.documentElement.scrollWidth <= 390"))!, $"{view} is too wide");
            foreach (var node in (await page.Call("Accessibility.getFullAXTree", new { }))["nodes"]!.AsArray())
            {
                var role = (string?)node!["role"]?["value"];
                if (role is "button" or "link" or "textbox" or "searchbox" or "combobox" or "checkbox" or "grid")
                    Assert.False(
                        string.IsNullOrWhiteSpace((string?)node["name"]?["value"]), $"{view}: a {role} has no name: {node.ToJsonString()}");
            }
        }
    }

    [Fact]
    public async Task Keys_and_webhooks_are_made_shown_once_and_taken_away()
    {
        await using var page = await browser.NewPage();
        await SignIn(page, couch.Address);
        await page.Press("4");
        await page.SeesText("Host keys", "h1");
        await page.Click(".tools .main");
        await page.Type("made in the console");
        await page.Click("dialog input[type=checkbox]");
        await page.Press("Enter");
        await page.Sees("document.querySelector('#key')?.textContent.startsWith('couch_')", "the key is shown");
        (await couch.With(await page.Text("#key")).Get("/couch/invites")).Is(200);
        await page.Press("Escape");
        await page.SeesText("made in the console", ".list bdi");

        await page.Press("5");
        await page.SeesText("Webhooks", "h1");
        await page.Click(".tools .main");
        await page.Type("http://receiver.example/");
        await page.Press("Enter");
        await page.Sees("document.querySelector('#secret')?.textContent.startsWith('whsec_')", "the secret is shown");
        await page.Press("Escape");
        await page.SeesText("http://receiver.example/", ".list bdi");
        await page.Click(".list .danger");
        await page.Press("y");
        await page.Sees("!document.querySelector('.list td')", "it is deleted");
        await IsClean(page, couch.Address);
    }

    [Theory]
    [InlineData("/console/grid.js")]
    [InlineData("/console/app.js")]
    [InlineData("/console/style.css")]
    public async Task A_page_of_which_a_file_could_not_be_loaded_says_so_and_is_loaded_again(string file)
    {
        await using var page = await browser.NewPage();
        await page.Answer(file, 503, "{}");
        await page.Open($"{couch.Address}");
        await page.SeesText("could not be loaded", "[role=alert]");
        page.LetThrough(file);
        await page.Sees("document.activeElement?.id === 'host-key'", "the page asks for the host key");
        await page.Type(KeyedCouchHost.Key);
        await page.Press("Enter");
        await page.Sees(IsLive, "signed in");
    }

    internal static async Task SignIn(BrowserPage page, Uri address, string key = KeyedCouchHost.Key)
    {
        await page.Open($"{address}");
        await page.Sees("document.activeElement?.id === 'host-key'", "the page asks for the host key");
        await page.Type(key);
        await page.Press("Enter");
        await page.Sees(IsLive, "signed in");
    }

    /// <summary>Nothing has failed in the page, and it has asked nobody but its couch.</summary>
    internal static async Task IsClean(BrowserPage page, Uri address)
    {
        Assert.Empty(page.Faults);
        Assert.All(page.Requests, request => Assert.True(
            request == "about:blank" || new Uri(request).Authority == address.Authority, request));
        Assert.False((bool)(await page.Evaluate("document.cookie.length > 0"))!);
    }

    /// <summary>A row that a person can see.</summary>
    internal static string Row(string text) =>
        $"[...document.querySelectorAll('.grid-body .row')].find(row => row.textContent.includes('{text}'))";

    private static string Summary(int destroys) => JsonSerializer.Serialize(new
    {
        at = "2026-11-29T16:00:00.000Z",
        guests = new { provisioning = 0, running = 0, stopped = 0, expired = 0, revoked = 0 },
        invites = new { active = 0, redeemed = 0, revoked = 0, expired = 0 },
        usage = new { cpuSeconds = 0, memoryPeakMB = 0, diskUsedGB = 0, networkEgressGB = 0, tokensUsed = 0, uptimeSeconds = 0 },
        owed = new
        {
            destroysOutstanding = destroys, oldestDestroySeconds = destroys == 0 ? null : (int?)120, unclaimedVms = (int?)0,
            provisioningOverAMinute = 0,
        },
    });

    /// <summary>So many guests in the table, as a guest who arrived has left its row.</summary>
    internal static async Task Fill(CouchHost couch, int count)
    {
        var template = (await couch.With(KeyedCouchHost.Key).Arrive())["guestId"]!;
        var database = couch.App.Services.GetRequiredService<CouchDatabase>();
        // Each row has an id and a name of its own; none is woken, because no grain is to act for it.
        await database.Rows(
            $"""
            INSERT INTO grain_state (service, kind, id, version, state)
            SELECT service, kind, '01M0000000000000000' || printf('%07d', n), 1,
              json_remove(
                json_set(state, '$.id', '01M0000000000000000' || printf('%07d', n), '$.name', 'many-' || printf('%05d', n)),
                '$.wakeAt', '$.ring')
            FROM grain_state,
              (WITH RECURSIVE numbers(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM numbers WHERE n < {count - 1}) SELECT n FROM numbers)
            WHERE id = '{template}'
            """);
    }
}
