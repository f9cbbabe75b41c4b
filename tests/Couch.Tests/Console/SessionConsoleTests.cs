using Couch.Gateway.Console;
using Couch.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Couch.Tests.Console;

/// <summary>A session stands for a host key: no more than the key, no longer than a day, and for the console's own pages alone.</summary>
public sealed class SessionConsoleTests(KeyedCouchHost couch) : IClassFixture<KeyedCouchHost>
{
    private const string Guests = "/couch/guests";
    private const string Session = "/couch/console/session";

    [Fact]
    public async Task A_host_key_opens_a_session_that_no_script_reads_and_no_other_site_sends()
    {
        var answer = (await couch.Anyone.AsConsole().Post(Signing.SignIn, new { key = KeyedCouchHost.Key })).Is(200);

        Assert.Equal("configured", answer["name"]);
        Assert.Equal(["expiresAt", "keyId", "name", "scopes"], answer.Fields);
        Assert.Equal("no-store", answer.Headers.CacheControl?.ToString());
        var cookie = answer.Headers.GetValues("Set-Cookie").Single().Split("; ");
        Assert.Equal(
            ["httponly", "max-age=86400", "path=/", "samesite=strict"], cookie[1..].Select(part => part.ToLowerInvariant()).Order());

        var host = couch.By(Signing.SessionOf(answer));
        (await host.Get(Guests)).Is(200);
        Assert.Equal(answer["expiresAt"], (await host.Get(Session)).Is(200)["expiresAt"]);
        (await couch.Anyone.Get(Session)).Refuses(401);
    }

    [Fact]
    public async Task Where_the_page_came_by_https_so_does_its_cookie()
    {
        var answer = (await couch.Anyone.AsConsole().Sending("Origin", "https://couch.example").Post(
            Signing.SignIn, new { key = KeyedCouchHost.Key })).Is(200);

        Assert.Contains("; secure", answer.Headers.GetValues("Set-Cookie").Single(), StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task What_is_no_host_key_opens_no_session()
    {
        var token = (await couch.Host.Arrive())["authToken"]!;
        foreach (var wrong in new[] { "x", token, KeyedCouchHost.Key + "!", Visits.Forged("couch_" + token["guest_".Length..]) })
        {
            var refused = (await couch.Anyone.AsConsole().Post(Signing.SignIn, new { key = wrong })).Refuses(
                401, "Unauthorized — this is not a host key of this couch");
            Assert.False(refused.Headers.Contains("Set-Cookie"));
        }

        foreach (var body in new object[] { new { }, new { key = "" }, new { key = "x", ticket = "y" } })
            (await couch.Anyone.AsConsole().Post(Signing.SignIn, body)).Refuses(400, "either key or ticket is required");
    }

    [Fact]
    public async Task Only_the_consoles_own_pages_sign_in()
    {
        var body = new { key = KeyedCouchHost.Key };
        (await couch.Anyone.Post(Signing.SignIn, body)).Refuses(403);
        (await couch.Anyone.AsConsole().Sending("Sec-Fetch-Site", "cross-site").Post(Signing.SignIn, body)).Refuses(403);
        (await couch.Anyone.AsConsole().Sending("Sec-Fetch-Site", "same-origin").Post(Signing.SignIn, body)).Is(200);
        (await couch.Anyone.AsConsole().Send(HttpMethod.Post, Signing.SignIn, Caller.Text("""{"key":"x"}""", "text/plain"))).Refuses(415);
    }

    [Fact]
    public async Task What_changes_something_by_the_cookie_comes_from_the_consoles_own_pages()
    {
        var host = couch.By(await couch.SignInWith(KeyedCouchHost.Key));
        var guest = $"{Guests}/{(await couch.Host.Arrive())["guestId"]}";

        (await host.Post("/couch/invites", new { createdBy = "noah" })).Refuses(403);
        (await host.Delete(guest)).Refuses(403);
        (await host.Sending(ConsoleSessions.Header, "0").Delete(guest)).Refuses(403);
        foreach (var site in new[] { "cross-site", "same-site", "x" })
        {
            (await host.AsConsole().Sending("Sec-Fetch-Site", site).Delete(guest)).Refuses(403);
            (await host.AsConsole().Sending("Sec-Fetch-Site", site).Get(Guests)).Refuses(403);
        }

        Assert.Equal("provisioning", (await couch.Host.Get(guest))["status"]);
        (await host.AsConsole().Sending("Sec-Fetch-Site", "same-origin").Delete(guest)).Is(200);
    }

    [Fact]
    public async Task Whoever_shows_a_key_acts_by_the_key_whatever_site_it_is()
    {
        var host = couch.By(await couch.SignInWith(KeyedCouchHost.Key));

        (await couch.Host.Sending("Sec-Fetch-Site", "cross-site").Post("/couch/invites", new { createdBy = "noah" })).Is(201);
        (await host.Sending("Authorization", "Bearer x").Get(Guests)).Refuses(401);
    }

    [Fact]
    public async Task A_made_keys_session_opens_what_the_key_opens_and_is_recorded_under_it()
    {
        var made = (await couch.Host.Post("/couch/keys", new { name = "console", scopes = new[] { "guests" } })).Is(201);
        var host = couch.By(await couch.SignInWith(made["key"]!)).AsConsole();

        var session = (await host.Get(Session)).Is(200);
        Assert.Equal(
            (made["id"], "console", """["guests"]"""), (session["keyId"], session["name"], session.Json["scopes"]!.ToJsonString()));
        (await host.Get("/couch/invites")).Refuses(403);
        (await host.Post("/couch/invites", new { createdBy = "noah" })).Refuses(403);
        var guest = $"{Guests}/{(await couch.Host.Arrive())["guestId"]}";
        (await host.Delete(guest)).Is(200);
        Assert.Equal(made["id"], (string?)(await couch.Host.Get(guest)).Json["endedWith"]!["keyId"]);
    }

    [Fact]
    public async Task A_revoked_keys_sessions_end_with_it()
    {
        var made = (await couch.Host.Post("/couch/keys", new { name = "console", scopes = new[] { "guests" } })).Is(201);
        var host = couch.By(await couch.SignInWith(made["key"]!));
        (await host.Get(Guests)).Is(200);

        (await couch.Host.Delete($"/couch/keys/{made["id"]}")).Is(200);

        (await host.Get(Guests)).Refuses(401);
        (await couch.Anyone.AsConsole().Post(Signing.SignIn, new { key = made["key"] })).Refuses(401);
    }

    [Fact]
    public async Task A_session_ends_after_a_day_and_not_later_than_its_key()
    {
        var clock = new FakeTimeProvider(TimeProvider.System.GetUtcNow());
        await using var keyed = await CouchHost.Start(
            builder => builder.Services.AddSingleton<TimeProvider>(clock), "--COUCH_AUTH_TOKEN=the host's own key");
        var made = (await keyed.With("the host's own key").Post("/couch/keys",
            new { name = "short", scopes = new[] { "guests" }, expiresInHours = 1 })).Is(201);
        var day = keyed.By(await keyed.SignInWith("the host's own key"));
        var hour = keyed.By(await keyed.SignInWith(made["key"]!));
        Assert.Equal(made["expiresAt"], (await hour.Get(Session)).Is(200)["expiresAt"]);

        clock.Advance(TimeSpan.FromHours(1));
        (await hour.Get(Guests)).Refuses(401);
        (await day.Get(Guests)).Is(200);
        clock.Advance(TimeSpan.FromHours(23) - TimeSpan.FromSeconds(1));
        (await day.Get(Guests)).Is(200);
        clock.Advance(TimeSpan.FromSeconds(1));
        (await day.Get(Guests)).Refuses(401);
    }

    [Fact]
    public async Task A_cookie_that_this_couch_has_not_made_opens_nothing()
    {
        var session = await couch.SignInWith(KeyedCouchHost.Key);
        await using var other = await CouchHost.Start($"--COUCH_AUTH_TOKEN={KeyedCouchHost.Key}");

        foreach (var wrong in new[] { "", "x", Visits.Forged(session), session[..^1], session + "A",
            await other.SignInWith(KeyedCouchHost.Key) })
            (await couch.By(wrong).Get(Guests)).Refuses(401);
        // Two: a page of another name of the same site may have set one of them.
        (await couch.Anyone.Sending("Cookie", $"{ConsoleCookie.Name}={session}; {ConsoleCookie.Name}={session}").Get(Guests)).Refuses(401);
        (await couch.Anyone.Sending("Cookie", $"a=b; {ConsoleCookie.Name}={session}; c=d").Get(Guests)).Is(200);
        // A session is for the cookie, and a ticket for the link.
        (await couch.With(session).Get(Guests)).Refuses(401);
        (await couch.Anyone.AsConsole().Post(Signing.SignIn, new { ticket = session })).Refuses(401);
        (await couch.Anyone.AsConsole().Post(Signing.SignIn, new { key = session })).Refuses(401);
    }

    [Fact]
    public async Task The_dashboard_and_the_metrics_ask_for_the_key_itself()
    {
        await using var shown = await CouchHost.Start($"--COUCH_AUTH_TOKEN={KeyedCouchHost.Key}", "--COUCH_DASHBOARD=true");
        var host = shown.By(await shown.SignInWith(KeyedCouchHost.Key));

        (await host.Get("/metrics")).Refuses(401);
        (await host.Get("/dashboard/")).Refuses(401);
        (await host.Get(Guests)).Is(200);
    }

    [Fact]
    public async Task Signing_out_has_the_browser_forget()
    {
        var host = couch.By(await couch.SignInWith(KeyedCouchHost.Key)).AsConsole();

        var cookie = (await host.Post("/couch/console/sign-out")).Is(204).Headers.GetValues("Set-Cookie").Single();

        Assert.StartsWith($"{ConsoleCookie.Name}=; max-age=0; ", cookie, StringComparison.Ordinal);
    }

    [Fact]
    public async Task No_other_sites_page_signs_anybody_out()
    {
        var host = couch.By(await couch.SignInWith(KeyedCouchHost.Key));
        foreach (var other in new[] { host, host.AsConsole().Sending("Sec-Fetch-Site", "cross-site"), couch.Anyone })
            Assert.False((await other.Post("/couch/console/sign-out")).Refuses(403).Headers.Contains("Set-Cookie"));
    }

    [Fact]
    public async Task A_couch_without_a_host_key_asks_nobody_on_its_machine_to_sign_in()
    {
        await using var open = await CouchHost.Start();

        var session = (await open.Anyone.Get(Session)).Is(200);
        Assert.Equal(("loopback", null), (session["name"], session["expiresAt"]));
        (await open.Anyone.Sending("X-Forwarded-For", "203.0.113.7").Get(Session)).Refuses(401);
    }

    [Fact]
    public async Task Exchanging_the_configured_key_ends_its_sessions_and_no_others()
    {
        using var folder = new TemporaryFolder();
        await File.WriteAllTextAsync(folder["key"], "the first host key");
        await using var keyed = await CouchHost.Start($"--COUCH_AUTH_TOKEN_FILE={folder["key"]}");
        var made = (await keyed.With("the first host key").Post("/couch/keys", new { name = "made", scopes = new[] { "guests" } }))
            .Is(201);
        var (first, ofMade) = (keyed.By(await keyed.SignInWith("the first host key")), keyed.By(await keyed.SignInWith(made["key"]!)));
        (await first.Get(Guests)).Is(200);

        await File.WriteAllTextAsync(folder["next"], "the second host key");
        File.Move(folder["next"], folder["key"], overwrite: true);

        await Until.True(async () => (await first.Get(Guests)).Status is 401, TimeSpan.FromSeconds(30), "its session has ended");
        (await ofMade.Get(Guests)).Is(200);
        (await keyed.By(await keyed.SignInWith("the second host key")).Get(Guests)).Is(200);
    }
}
