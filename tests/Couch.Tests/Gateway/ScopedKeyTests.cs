using Couch.Cluster;
using Couch.Domain.Keys;
using Couch.Tests.Support;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Couch.Tests.Gateway;

/// <summary>Host keys for less than everything: what each opens, what it cannot give, and how it ends.</summary>
public sealed class ScopedKeyTests(KeyedCouchHost couch) : IClassFixture<KeyedCouchHost>
{
    private static readonly string[] Scopes = ["invites", "guests", "meter", "keys", "vms", "events", "webhooks"];

    /// <summary>Which scopes open which endpoint; one that is not in it opens to the configured key alone.</summary>
    private static readonly Dictionary<string, string[]> Opens = new()
    {
        ["POST /couch/invites"] = ["invites"],
        ["GET /couch/invites"] = ["invites"],
        ["GET /couch/invites/{id}"] = ["invites"],
        ["DELETE /couch/invites/{id}"] = ["invites"],
        ["POST /couch/invites/revoke"] = ["invites"],
        ["POST /couch/guests/kill"] = ["guests"],
        ["GET /couch/summary"] = ["guests"],
        ["GET /couch/guests"] = ["guests"],
        ["GET /couch/guests/{id}"] = ["guests", "meter"],
        ["GET /couch/guests/{id}/status"] = ["guests", "meter"],
        ["DELETE /couch/guests/{id}"] = ["guests"],
        ["POST /couch/guests/{id}/activate"] = ["guests"],
        ["POST /couch/guests/{id}/extend"] = ["guests"],
        ["PUT /couch/guests/{id}/usage"] = ["meter"],
        ["GET /couch/guests/{id}/events"] = ["guests"],
        ["GET /couch/events"] = ["events"],
        ["GET /couch/events/stream"] = ["events"],
        ["GET /couch/events/stats"] = ["events"],
        ["GET /metrics"] = ["meter"],
        ["POST /couch/keys"] = ["keys"],
        ["GET /couch/keys"] = ["keys"],
        ["GET /couch/keys/{id}"] = ["keys"],
        ["DELETE /couch/keys/{id}"] = ["keys"],
        ["POST /couch/webhooks"] = ["webhooks"],
        ["GET /couch/webhooks"] = ["webhooks"],
        ["GET /couch/webhooks/{id}"] = ["webhooks"],
        ["DELETE /couch/webhooks/{id}"] = ["webhooks"],
        ["POST /couch/webhooks/{id}/resume"] = ["webhooks"],
        ["POST /couch/webhooks/{id}/test"] = ["webhooks"],
        ["GET /couch/console/session"] = Scopes,
        ["POST /couch/console/tickets"] = Scopes,
    };

    [Fact]
    public async Task Each_scope_opens_its_own_endpoints_and_no_other()
    {
        var hostEndpoints = couch.App.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
            .Where(endpoint => endpoint.Metadata.GetMetadata<IAuthorizeData>() is not null).ToList();
        Assert.True(hostEndpoints.Count >= Opens.Count);
        foreach (var scope in Scopes)
        {
            var holder = couch.With((await Make(couch.Host, scope))["key"]!);
            foreach (var endpoint in hostEndpoints)
            {
                var (method, path) = (endpoint.Metadata.GetRequiredMetadata<HttpMethodMetadata>().HttpMethods[0],
                    "/" + endpoint.RoutePattern.RawText!.Trim('/'));
                var opens = Opens.GetValueOrDefault($"{method} {path}") ?? [];
                // A stream that is not refused would not end.
                var answer = await holder.Sending("Last-Event-ID", "x").Send(new HttpMethod(method), path.Replace("{id}", "x", StringComparison.Ordinal),
                    method is "GET" or "DELETE" ? null : Caller.Text("{}"));
                if (opens.Contains(scope))
                {
                    Assert.True(answer.Status is 200 or 400 or 404, $"{scope}: {method} {path}: {answer.Status} {answer.Body}");
                    continue;
                }

                answer.Refuses(403);
                Assert.StartsWith("Bearer error=\"insufficient_scope\"", answer.Header("WWW-Authenticate"), StringComparison.Ordinal);
                Assert.All(opens, needed => Assert.Contains($"'{needed}'", answer["error"], StringComparison.Ordinal));
            }
        }
    }

    [Fact]
    public async Task A_key_is_shown_once()
    {
        var made = await Make(couch.Host, "invites", "meter");
        Assert.Matches("^couch_[A-Za-z0-9_-]{64}$", made["key"]);

        var shown = (await couch.Host.Get($"/couch/keys/{made["id"]}")).Is(200);
        Assert.Equal("""["invites","meter"]""", shown.Json["scopes"]!.ToJsonString());
        Assert.Equal("configured", (string?)shown.Json["createdWith"]!["name"]);
        var list = (await couch.Host.Get("/couch/keys?limit=1000")).Is(200);
        Assert.Contains(list.Json["keys"]!.AsArray(), key => (string?)key!["id"] == made["id"]);
        Assert.DoesNotContain("couch_", shown.Body + list.Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_revoked_key_opens_nothing_from_then_on_and_stays_revoked_by_the_first_who_did_it()
    {
        var made = await Make(couch.Host, "guests", "keys");
        var holder = couch.With(made["key"]!);
        (await holder.Get("/couch/guests")).Is(200);

        var revoked = (await holder.Delete($"/couch/keys/{made["id"]}")).Is(200);
        Assert.Equal(made["id"], (string?)revoked.Json["revokedWith"]!["keyId"]);
        (await holder.Get("/couch/guests")).Refuses(401);
        (await holder.Post("/couch/keys", new { name = "after", scopes = new[] { "guests" } })).Refuses(401);
        Assert.Equal(revoked.Body, (await couch.Host.Delete($"/couch/keys/{made["id"]}")).Is(200).Body);
    }

    [Fact]
    public async Task A_forged_key_a_key_of_nobody_and_other_capabilities_open_nothing()
    {
        var made = await Make(couch.Host, "guests");
        var guest = await couch.Host.Arrive();
        (await couch.With(Visits.Forged(made["key"]!)).Get("/couch/guests")).Refuses(401);
        (await couch.With("couch_" + guest["authToken"]!["guest_".Length..]).Get("/couch/guests")).Refuses(401);

        await using var stranger = await CouchHost.Start("--COUCH_AUTH_TOKEN=another host's key");
        (await stranger.With(made["key"]!).Get("/couch/guests")).Refuses(401);
    }

    [Fact]
    public async Task A_key_whose_row_is_not_there_opens_nothing()
    {
        var key = Some.Key();
        var made = Some.KeysOf(key).Sign(HostKeyId.New(Some.Time, Some.Random));
        await using var keyed = await CouchHost.Start("--COUCH_AUTH_TOKEN=the host's own key", $"--COUCH_SIGNING_KEY={key}");
        (await keyed.With(made.Reveal()).Get("/couch/guests")).Refuses(401);
    }

    [Fact]
    public async Task A_key_gives_no_scope_that_it_lacks()
    {
        var holder = couch.With((await Make(couch.Host, "keys", "meter"))["key"]!);

        var refused = (await holder.Post("/couch/keys", new { name = "more", scopes = new[] { "meter", "guests", "invites" } }))
            .Refuses(403);
        Assert.Contains("'invites' or 'guests'", refused["error"], StringComparison.Ordinal);
        (await couch.With((await Make(holder, "meter"))["key"]!).Delete("/couch/guests/x")).Refuses(403);
    }

    [Fact]
    public async Task A_key_with_an_end_opens_nothing_after_it_and_gives_no_time_beyond_it()
    {
        var clock = new FakeTimeProvider(TimeProvider.System.GetUtcNow());
        await using var keyed = await CouchHost.Start(
            builder => builder.Services.AddSingleton<TimeProvider>(clock), "--COUCH_AUTH_TOKEN=the host's own key");
        var made = (await keyed.With("the host's own key").Post("/couch/keys",
            new { name = "short", scopes = new[] { "keys" }, expiresInHours = 1 })).Is(201);
        var holder = keyed.With(made["key"]!);

        (await holder.Post("/couch/keys", new { name = "longer", scopes = new[] { "keys" }, expiresInHours = 2 })).Refuses(403);
        Assert.Equal(
            made["expiresAt"],
            (await holder.Post("/couch/keys", new { name = "as long", scopes = new[] { "keys" } })).Is(201)["expiresAt"]);
        clock.Advance(TimeSpan.FromHours(1) - TimeSpan.FromSeconds(1));
        (await holder.Get("/couch/keys")).Is(200);
        clock.Advance(TimeSpan.FromSeconds(1));
        (await holder.Get("/couch/keys")).Refuses(401);
    }

    [Fact]
    public async Task Rows_keep_by_which_key_they_were_changed()
    {
        var made = await Make(couch.Host, "invites", "guests");
        var holder = couch.With(made["key"]!);
        string? By(Answer answer, string field) => (string?)answer.Json[field]?["keyId"];

        var invite = await holder.Invite();
        Assert.Equal(made["id"], By(invite, "createdWith"));
        Assert.Equal(made["id"], By((await holder.Delete($"/couch/invites/{invite["id"]}")).Is(200), "revokedWith"));

        var guest = (await holder.Arrive())["guestId"];
        (await holder.Post($"/couch/guests/{guest}/activate", new { vmId = "vm-1", agentEndpoint = "http://vm" })).Is(200);
        (await holder.Post($"/couch/guests/{guest}/extend", new { hours = 1 })).Is(200);
        (await couch.Host.Delete($"/couch/guests/{guest}")).Is(200);
        var shown = (await holder.Get($"/couch/guests/{guest}")).Is(200);
        Assert.Equal((made["id"], made["id"]), (By(shown, "activatedWith"), By(shown, "extendedWith")));
        Assert.Equal("configured", (string?)shown.Json["killedWith"]!["name"]);
    }

    [Fact]
    public async Task Whoever_ended_a_guest_is_named_whether_by_the_kill_switch_or_by_a_report()
    {
        var meter = await Make(couch.Host, "meter");
        var metered = (await couch.Host.Arrive(new { createdBy = "noah", resourceLimits = new { maxTokenBudget = 100 } }))["guestId"];
        var killed = (await couch.Host.Arrive())["guestId"];
        await Names(metered, "null");

        (await couch.With(meter["key"]!).Put($"/couch/guests/{metered}/usage", new { tokensUsed = 200 })).Is(200);
        (await couch.Host.Delete($"/couch/guests/{killed}")).Is(200);
        await Names(metered, $$"""{"keyId":"{{meter["id"]}}","name":"a key for tests"}""");
        await Names(killed, """{"keyId":null,"name":"configured"}""");

        async Task Names(string? guest, string who)
        {
            foreach (var path in new[] { $"/couch/guests/{guest}", $"/couch/guests/{guest}/status" })
                Assert.Equal(who, (await couch.Host.Get(path)).Is(200).Json["endedWith"]?.ToJsonString() ?? "null");
        }
    }

    [Fact]
    public async Task A_key_revokes_no_key_of_more_scopes_than_its_own()
    {
        var (lesser, strong) = (await Make(couch.Host, "keys", "meter"), await Make(couch.Host, "keys", "guests", "invites"));
        var holder = couch.With(lesser["key"]!);

        var refused = (await holder.Delete($"/couch/keys/{strong["id"]}")).Refuses(403);
        Assert.Contains("'invites', 'guests'", refused["error"], StringComparison.Ordinal);
        (await couch.With(strong["key"]!).Get("/couch/guests")).Is(200);
        // Nor one that is revoked already: the rule asks for scopes alone.
        (await couch.Host.Delete($"/couch/keys/{strong["id"]}")).Is(200);
        (await holder.Delete($"/couch/keys/{strong["id"]}")).Refuses(403);
    }

    [Fact]
    public async Task A_key_revokes_its_equals_the_lesser_and_itself_however_long_they_are_good_for()
    {
        var made = (await couch.Host.Post("/couch/keys", new { name = "short", scopes = new[] { "keys", "meter" }, expiresInHours = 1 }))
            .Is(201);
        foreach (var other in new[] { await Make(couch.Host, "meter", "keys"), await Make(couch.Host, "meter"), made })
            (await couch.With(made["key"]!).Delete($"/couch/keys/{other["id"]}")).Is(200);
    }

    [Fact]
    public async Task An_idempotency_key_counts_for_the_host_key_that_sends_it()
    {
        Caller[] teams = [couch.Host, couch.With((await Make(couch.Host, "invites", "guests"))["key"]!),
            couch.With((await Make(couch.Host, "invites", "guests"))["key"]!)];
        var keyed = teams.Select(team => team.Sending("Idempotency-Key", "1")).ToList();
        var made = new List<string?>();
        foreach (var team in keyed)
        {
            var invite = await team.Invite(new { createdBy = "noah" });
            Assert.Equal(invite.Body, (await team.Invite(new { createdBy = "noah" })).Body);
            (await team.Post("/couch/invites", new { createdBy = "somebody else" })).Refuses(409, "idempotency key reused");
            made.Add(invite["code"]);
        }

        Assert.Distinct(made);
        var guest = $"/couch/guests/{(await couch.Host.Arrive())["guestId"]}";
        (await keyed[1].Delete(guest)).Is(200);
        (await keyed[0].Delete(guest)).Refuses(400, "guest already revoked");
        (await keyed[2].Delete(guest)).Refuses(400, "guest already revoked");
        (await keyed[1].Delete(guest)).Is(200);
    }

    [Theory]
    [InlineData("""{"scopes":["meter"]}""", "name is required")]
    [InlineData("""{"name":"x"}""", "scopes is required")]
    [InlineData("""{"name":"x","scopes":[]}""", "scopes is required")]
    [InlineData("""{"name":"x","scopes":["meter","all"]}""", "scopes must each be one of invites, guests, meter, keys, vms, events, webhooks")]
    [InlineData("""{"name":"x","scopes":[null]}""", "scopes must each be one of invites, guests, meter, keys, vms, events, webhooks")]
    [InlineData("""{"name":"x","scopes":["meter"],"expiresInHours":0}""", "expiresInHours must be a number above 0, at most 87600")]
    public async Task A_body_that_makes_no_key_is_told_why(string body, string error) =>
        (await couch.Host.Send(HttpMethod.Post, "/couch/keys", Caller.Text(body))).Refuses(400, error);

    [Theory]
    [InlineData("x")]
    [InlineData("01KAS48W7V0123456789ABCDEF")]
    public async Task An_unknown_key_is_not_found(string id)
    {
        (await couch.Host.Get($"/couch/keys/{id}")).Refuses(404, "key not found");
        (await couch.Host.Delete($"/couch/keys/{id}")).Refuses(404, "key not found");
    }

    [Fact]
    public async Task Without_a_configured_key_this_machine_is_the_host_and_makes_keys()
    {
        await using var open = await CouchHost.Start();
        var made = (await open.Anyone.Post("/couch/keys", new { name = "for later", scopes = new[] { "meter" } })).Is(201);

        (await open.With(made["key"]!).Get("/couch/guests")).Is(200);
        (await open.With(made["key"]!).Sending("X-Forwarded-For", "203.0.113.7").Get("/couch/guests")).Refuses(401);
    }

    private static async Task<Answer> Make(Caller host, params string[] scopes) =>
        (await host.Post("/couch/keys", new { name = "a key for tests", scopes })).Is(201);
}
