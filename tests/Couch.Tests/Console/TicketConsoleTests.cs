using Couch.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Couch.Tests.Console;

/// <summary>A sign-in link opens one session, once, on whichever node, within five minutes.</summary>
public sealed class TicketConsoleTests(KeyedCouchHost couch) : IClassFixture<KeyedCouchHost>
{
    private const string Tickets = "/couch/console/tickets";

    [Fact]
    public async Task A_link_signs_in_once_by_the_key_that_made_it()
    {
        var made = (await couch.Host.Post("/couch/keys", new { name = "console", scopes = new[] { "guests" } })).Is(201);
        var ticket = (await couch.With(made["key"]!).Post(Tickets)).Is(200);
        Assert.Equal($"/console/sign-in#{ticket["ticket"]}", ticket["link"]);

        var session = (await couch.Anyone.AsConsole().Post(Signing.SignIn, new { ticket = ticket["ticket"] })).Is(200);
        Assert.Equal(made["id"], session["keyId"]);
        (await couch.By(Signing.SessionOf(session)).Get("/couch/guests")).Is(200);
        (await couch.Anyone.AsConsole().Post(Signing.SignIn, new { ticket = ticket["ticket"] })).Refuses(
            401, "Unauthorized — this sign-in link is spent, or past its five minutes");
    }

    [Fact]
    public async Task Of_many_who_use_a_link_at_once_one_signs_in()
    {
        var ticket = (await couch.Host.Post(Tickets)).Is(200)["ticket"];

        var answers = await Task.WhenAll(Enumerable.Range(0, 20).Select(
            _ => couch.Anyone.AsConsole().Post(Signing.SignIn, new { ticket })));

        Assert.Single(answers, answer => answer.Status is 200);
        Assert.Equal(19, answers.Count(answer => answer.Status is 401));
    }

    [Fact]
    public async Task A_link_and_a_session_of_one_node_are_known_to_the_others()
    {
        await using var database = await PostgresServer.NewDatabase();
        string[] settings =
        [
            $"--COUCH_AUTH_TOKEN={KeyedCouchHost.Key}", $"--COUCH_SIGNING_KEY={Some.Key()}",
            $"--ConnectionStrings:Couch={database.ConnectionString}", "--COUCH_ADVERTISED_ADDRESS=127.0.0.1",
        ];
        await using var one = await CouchHost.Start(settings);
        await using var other = await CouchHost.Start(settings);
        var ticket = (await one.With(KeyedCouchHost.Key).Post(Tickets)).Is(200)["ticket"];

        var session = Signing.SessionOf((await other.Anyone.AsConsole().Post(Signing.SignIn, new { ticket })).Is(200));

        (await one.Anyone.AsConsole().Post(Signing.SignIn, new { ticket })).Refuses(401);
        (await one.By(session).Get("/couch/guests")).Is(200);
    }

    [Fact]
    public async Task A_link_is_good_for_five_minutes_and_while_its_key_is()
    {
        var clock = new FakeTimeProvider(TimeProvider.System.GetUtcNow());
        await using var keyed = await CouchHost.Start(
            builder => builder.Services.AddSingleton<TimeProvider>(clock), "--COUCH_AUTH_TOKEN=the host's own key");
        var host = keyed.With("the host's own key");
        var made = (await host.Post("/couch/keys", new { name = "made", scopes = new[] { "guests" } })).Is(201);
        var (late, inTime, orphan) = ((await host.Post(Tickets)).Is(200)["ticket"], (await host.Post(Tickets)).Is(200)["ticket"],
            (await keyed.With(made["key"]!).Post(Tickets)).Is(200)["ticket"]);
        (await host.Delete($"/couch/keys/{made["id"]}")).Is(200);

        (await keyed.Anyone.AsConsole().Post(Signing.SignIn, new { ticket = orphan })).Refuses(401);
        clock.Advance(TimeSpan.FromMinutes(5) - TimeSpan.FromSeconds(1));
        (await keyed.Anyone.AsConsole().Post(Signing.SignIn, new { ticket = inTime })).Is(200);
        clock.Advance(TimeSpan.FromSeconds(1));
        (await keyed.Anyone.AsConsole().Post(Signing.SignIn, new { ticket = late })).Refuses(401);
    }

    [Fact]
    public async Task Neither_a_session_nor_a_stranger_makes_a_link()
    {
        (await couch.By(await couch.SignInWith(KeyedCouchHost.Key)).AsConsole().Post(Tickets)).Refuses(
            403, "forbidden — a session makes no sign-in link");
        (await couch.Anyone.Post(Tickets)).Refuses(401);
        var ticket = (await couch.Host.Post(Tickets)).Is(200)["ticket"]!;
        (await couch.Anyone.AsConsole().Post(Signing.SignIn, new { ticket = Visits.Forged(ticket) })).Refuses(401);
        (await couch.With(ticket).Get("/couch/guests")).Refuses(401);
        (await couch.By(ticket).Get("/couch/guests")).Refuses(401);
    }
}
