using Couch.Tests.Support;
using Xunit;

namespace Couch.Tests.Console;

/// <summary>What happens while the console waits for something else: for an answer, for a list, for the couch itself.</summary>
public sealed class MeanwhileConsoleTests(Browser browser, KeyedCouchHost couch) : IClassFixture<Browser>, IClassFixture<KeyedCouchHost>
{
    [Fact]
    public async Task What_is_ended_is_what_was_counted_and_another_choice_asks_for_another_count()
    {
        await couch.Host.Arrive();
        await using var page = await SignedIn();
        await Hold(page, "/couch/guests/kill");
        await page.ClickText("button", "End many");
        await page.Evaluate("document.querySelector('dialog select').value = 'all'");

        // An answer that comes after a change counts what is no longer asked for.
        await page.ClickText("dialog button", "Count first");
        await page.Sees("held.length === 1", "it is counted");
        await page.Evaluate(Label("other"));
        await Answer(page, 0, """{"killed":7,"alreadyEnded":0,"failed":[]}""");
        Assert.False((bool)(await page.Evaluate("!!document.querySelector('dialog .danger')"))!);

        // A change takes the count away.
        await Count(1);
        await page.Evaluate(Label("other"));
        Assert.False((bool)(await page.Evaluate("!!document.querySelector('dialog .danger')"))!);

        // Whatever stands in the field by then.
        await Count(2);
        await page.Evaluate("document.querySelectorAll('dialog input')[1].value = 'not counted'");
        await page.Click("dialog .danger");
        await page.Sees("held.length === 4", "it is done");
        Assert.Equal(
            """{"all":true,"label":"other","dryRun":true} {"all":true,"label":"other"}""",
            (string?)await page.Evaluate("`${held[2].body} ${held[3].body}`"));
        await Answer(page, 3, """{"killed":3,"alreadyEnded":0,"failed":[]}""");
        await page.SeesText("3 guests killed", "dialog");

        async Task Count(int at)
        {
            await page.ClickText("dialog button", "Count first");
            await page.Sees($"held.length === {at + 1}", "it is counted");
            await Answer(page, at, """{"killed":3,"alreadyEnded":0,"failed":[]}""");
            await page.Sees("document.querySelector('dialog .danger')", "the count is asked for");
            await page.Type("3");
        }

        static string Label(string label) =>
            "(input => { input.value = '" + label + "'; input.dispatchEvent(new Event('input')); })"
                + "(document.querySelectorAll('dialog input')[1])";
    }

    [Fact]
    public async Task A_guest_that_begins_to_run_between_two_lists_is_in_the_house()
    {
        var id = (await couch.Host.Arrive())["guestId"]!;
        await using var page = await SignedIn();
        await page.Sees($"couch.house.guests.get('{id}')?.status === 'provisioning'", "it waits for its VM");

        await page.Evaluate($$"""
            (async () => {
                const real = fetch;
                let isFirst = true;
                window.fetch = async (path, request) => {
                    const answer = await real(path, request);
                    if (isFirst && /status=(running|provisioning)/.test(path)) {
                        isFirst = false;
                        await real('/couch/guests/{{id}}/activate', {
                            method: 'POST', headers: { 'Couch-Console': '1', 'Content-Type': 'application/json' },
                            body: JSON.stringify({ vmId: 'vm-{{id}}', agentEndpoint: 'https://vm' }),
                        });
                    }
                    return answer;
                };
                await couch.house.load();
            })()
            """);

        await page.Sees($"couch.house.guests.get('{id}')?.status === 'running'", "it is shown as running");
    }

    [Fact]
    public async Task A_guest_of_whom_only_an_event_tells_is_read()
    {
        var id = (await couch.Host.Arrive())["guestId"]!;
        await using var page = await SignedIn();
        await page.Sees($"couch.house.guests.has('{id}')", "it is here");
        await page.Evaluate($"couch.house.guests.delete('{id}')");

        await Activate(id);

        await page.Sees($"couch.house.guests.get('{id}')?.status === 'running'", "it is here again");
    }

    [Fact]
    public async Task A_row_says_of_the_VM_what_the_couch_says()
    {
        var id = (await couch.Host.Arrive())["guestId"]!;
        await using var page = await SignedIn();
        await Activate(id);
        await page.Sees($"couch.house.guests.get('{id}')?.status === 'running'", "it runs");
        await IsAsRead();

        (await couch.Host.Delete($"/couch/guests/{id}")).Is(200);
        await page.Sees($"couch.house.guests.get('{id}')?.status === 'revoked'", "it has ended");
        await IsAsRead();

        // Given by hand, and left alone: nobody owes it.
        await page.Evaluate("""
            couch.house.keep({
                id: '7ZZZZZZZZZZZZZZZZZZZZZZZZZ', name: 'left-alone', status: 'stopped', createdAt: '2026-01-01T00:00:00.000Z',
                expiresAt: '2026-01-02T00:00:00.000Z', resourceLimits: {}, resourceUsage: {}, vm: { state: 'left' },
            })
            """);
        await page.Sees(BrowserConsoleTests.Row("left-alone") + "?.textContent.includes('VM left')", "it is shown");
        Assert.False((bool)(await page.Evaluate(
            BrowserConsoleTests.Row("left-alone") + ".querySelector('.left').classList.contains('owed')"))!);

        async Task IsAsRead()
        {
            var state = (string?)(await couch.Host.Get($"/couch/guests/{id}")).Is(200).Json["vm"]!["state"];
            await page.Sees($"couch.house.guests.get('{id}').vm === '{state}'", $"its VM is {state}");
        }
    }

    [Fact]
    public async Task A_form_is_sent_once_however_often_it_is_pressed()
    {
        await using var page = await SignedIn();
        foreach (var (key, path, text) in new[] { ("4", "/couch/keys", "twice"), ("5", "/couch/webhooks", "http://receiver.example/") })
        {
            await page.Press(key);
            await page.Sees("document.querySelector('.tools .main')", "the view is here");
            await Hold(page, path);
            await page.Click(".tools .main");
            await page.Type(text);
            await page.Press("Enter", "Enter");
            await page.Evaluate("document.querySelector('dialog form').requestSubmit()");
            await page.Sees("held.length === 1 && document.querySelector('dialog .main').disabled", "it is under way, once");

            await Answer(page, 0, """{"error":"not now"}""", 503);
            await page.SeesText("not now", "dialog .bad");
            await page.Sees("!document.querySelector('dialog .main').disabled", "it can be sent again");
            await page.Press("Enter");
            await page.Sees("held.length === 2", "it is sent again");
            await Answer(page, 1, """{"error":"not now"}""", 503);
            await page.Press("Escape");
        }
    }

    [Fact]
    public async Task What_a_proxy_says_for_a_while_is_not_the_last_word()
    {
        const string stream = "/couch/events/stream";
        await using var page = await SignedIn();
        foreach (var status in new[] { 404, 408, 502 })
        {
            await Interrupted(status);
            await page.Sees("document.querySelector('.pill.gone')", $"{status} is tried again");
            page.LetThrough(stream);
            await page.Evaluate("couch.house.hurry()");
            await page.Sees(BrowserConsoleTests.IsLive, $"it goes on after {status}");
        }

        await Interrupted(403);
        await page.SeesText("Events cannot be followed", ".banner:not([hidden])");
        page.LetThrough(stream);
        var missed = (await couch.Host.Arrive())["guestId"];
        await page.Press("r");
        await page.Sees(BrowserConsoleTests.IsLive + " && document.querySelector('.banner').hidden", "r follows anew");
        await page.Sees($"couch.house.events.some(event => event.payload.guestId === '{missed}')", "from where it was given up");

        // A pause between two attempts is not the end of a pause.
        await Interrupted(503);
        await page.Sees("document.querySelector('.pill.gone')", "the connection is gone");
        await page.Evaluate("couch.house.pause()");
        page.LetThrough(stream);
        await page.Evaluate("couch.house.hurry()");
        await page.Sees("document.querySelector('.pill.paused')", "it waits to be looked at");
        await page.Evaluate("couch.house.resume()");
        await page.Sees(BrowserConsoleTests.IsLive, "it goes on");

        async Task Interrupted(int status)
        {
            await page.Answer(stream, status, """{"error":"said by a proxy"}""");
            await page.Evaluate("couch.house.pause()");
            await page.Sees("document.querySelector('.pill.paused')", "it follows no more");
            await page.Evaluate("couch.house.resume()");
        }
    }

    [Fact]
    public async Task The_labels_that_are_let_go_of_first_are_the_oldest()
    {
        await using var page = await SignedIn();
        await page.Evaluate("""
            (async () => {
                const real = fetch;
                const page = (ids, nextCursor) => new Response(JSON.stringify({ invites: ids.map(id => ({ id, label: id })), nextCursor }));
                window.fetch = async (path, request) => !path.startsWith('/couch/invites?') ? real(path, request)
                    : path.includes('cursor=') ? page(['00B', '00A'], null) : page(['00D', '00C'], 'x');
                await couch.house.load();
            })()
            """);

        Assert.Equal("00A 00B 00C 00D", (string?)await page.Evaluate(
            "[...couch.house.invites.keys()].filter(id => id.startsWith('00')).join(' ')"));
    }

    [Fact]
    public async Task An_event_leaves_the_focus_where_it_was()
    {
        var id = (await couch.Host.Arrive())["guestId"]!;
        await using var page = await SignedIn();
        await page.Open($"{couch.Address}?guest={id}");
        await page.Sees(BrowserConsoleTests.IsLive + " && document.querySelector('[data-role=kill]')", "the guest is shown");
        await page.Evaluate("document.querySelector('[data-role=kill]').focus()");

        (await couch.Host.Post($"/couch/guests/{id}/extend", new { hours = 1 })).Is(200);
        await page.SeesText("was given more time", ".timeline");
        Assert.Equal("kill", (string?)await page.Evaluate("document.activeElement.dataset.role"));

        (await couch.Host.Delete($"/couch/guests/{id}")).Is(200);
        await page.SeesText("was killed", ".timeline");
        Assert.Equal("H1", (string?)await page.Evaluate("document.activeElement.tagName"));
    }

    [Fact]
    public async Task An_answer_that_comes_late_does_not_show_an_invite_as_it_was()
    {
        var id = (await couch.Host.Invite(new { createdBy = "noah", label = "overtaken" })).Is(201)["id"]!;
        await using var page = await SignedIn();
        await page.Open($"{couch.Address}?invite={id}");
        await page.Sees(BrowserConsoleTests.IsLive + " && document.querySelector('.state.active')", "it is open");
        await page.Evaluate($$"""
            (() => {
                const real = fetch;
                window.answered = 0;
                window.fetch = async (path, request) => {
                    const answer = await real(path, request);
                    if (!window.release && path === '/couch/invites/{{id}}')
                        await new Promise(done => { window.release = done; });
                    answered++;
                    return answer;
                };
                couch.app.view.refresh();
            })()
            """);
        await page.Sees("window.release", "it has an answer that is under way");
        (await couch.Host.Delete($"/couch/invites/{id}")).Is(200);
        await page.Sees("document.querySelector('.state.revoked')", "a later answer has overtaken it");

        await page.Evaluate("window.before = answered; release()");
        await page.Sees("answered >= before + 2", "the first answer is here, and the history that it asks for");
        await page.Evaluate("new Promise(done => setTimeout(done, 50))");
        Assert.True((bool)(await page.Evaluate("!!document.querySelector('.state.revoked')"))!);
    }

    [Fact]
    public async Task A_search_is_in_the_address_unless_it_may_be_a_secret()
    {
        await using var page = await SignedIn();
        await page.Press("2", "/");
        await page.Type("nightly");
        await page.Sees("location.search === '?view=invites&q=nightly'", "the address has the search");
        await page.Evaluate("window.isLeft = true; location.reload()");
        await page.Sees(
            "!window.isLeft && " + BrowserConsoleTests.IsLive + " && document.querySelector('#search')?.value === 'nightly'",
            "it is here again");
        await page.Press("/");
        await page.Type("inv_nobody-sees-this");
        await page.Sees("location.search === '?view=invites'", "the address has no code");

        await page.Press("Escape", "3");
        await page.SeesText("Events", "h1");
        for (var at = 0; at < 3; at++)
        {
            await page.Evaluate($"document.querySelectorAll('.tools input')[{at}].focus()");
            await page.Type("guest_nobody-sees-this");
            await page.Sees(
                $"document.querySelectorAll('.tools input')[{at}].value && location.search === '?view=events'", "the address has no token");
        }
    }

    private async Task<BrowserPage> SignedIn()
    {
        var page = await browser.NewPage();
        await BrowserConsoleTests.SignIn(page, couch.Address);
        return page;
    }

    private async Task Activate(string id) =>
        (await couch.Host.Post($"/couch/guests/{id}/activate", new { vmId = $"vm-{id}", agentEndpoint = "https://vm" })).Is(200);

    /// <summary>From now on requests for this path wait in the page to be answered by <see cref="Answer"/>.</summary>
    private static async Task Hold(BrowserPage page, string path) => await page.Evaluate($$"""
        (() => {
            const real = fetch;
            window.held = [];
            window.fetch = (path, request) => path !== '{{path}}' || request?.method !== 'POST' ? real(path, request)
                : new Promise(done => held.push({
                    body: request.body, answer: (text, status) => done(new Response(text, { status })),
                }));
        })()
        """);

    /// <summary>Answers the request of this place, and waits until the page has taken it.</summary>
    private static async Task Answer(BrowserPage page, int at, string body, int status = 200) => await page.Evaluate(
        $"held[{at}].answer('{body}', {status}); new Promise(done => setTimeout(done, 50))");
}
