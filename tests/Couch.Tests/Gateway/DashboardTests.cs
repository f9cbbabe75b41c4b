using Couch.Cluster;
using Couch.Tests.Support;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace Couch.Tests.Gateway;

/// <summary>Orleans' dashboard: nobody's, unless it is asked for, and then the configured host key's.</summary>
public sealed class DashboardTests
{
    private const string HostKey = "a host's key, for the dashboard";

    private static readonly string[] Pages =
    [
        "/dashboard/", "/dashboard/index.min.js", "/dashboard/version", "/dashboard/DashboardCounters", "/dashboard/ClusterStats",
        "/dashboard/Reminders",
        "/dashboard/TopGrainMethods", "/dashboard/GrainTypes", "/dashboard/LifecycleStages",
        "/dashboard/GrainStats/Couch.Cluster.Guests.GuestGrain",
    ];

    [Fact]
    public async Task Where_it_is_not_asked_for_there_is_none()
    {
        await using var couch = await CouchHost.Start($"--COUCH_AUTH_TOKEN={HostKey}");

        foreach (var page in Pages)
            (await couch.With(HostKey).Get(page)).Refuses(404, "not found");
    }

    [Fact]
    public async Task It_opens_to_the_configured_host_key_alone()
    {
        await using var couch = await CouchHost.Start($"--COUCH_AUTH_TOKEN={HostKey}", "--COUCH_DASHBOARD=true");
        var host = couch.With(HostKey);
        var stay = await host.Arrive();
        var made = (await host.Post("/couch/keys", new { name = "all", scopes = new[] { "invites", "guests", "meter", "keys" } })).Is(201);

        foreach (var page in Pages)
        {
            (await couch.Anyone.Get(page)).Refuses(401);
            (await couch.With(stay["authToken"]!).Get(page)).Refuses(401);
            (await couch.With(made["key"]!).Get(page)).Refuses(403, "forbidden — only the configured host key opens this");
            (await host.Get(page)).Is(200);
        }

        var endpoints = couch.App.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
            .Where(endpoint => endpoint.RoutePattern.RawText!.TrimStart('/').StartsWith("dashboard", StringComparison.Ordinal)).ToList();
        Assert.True(endpoints.Count > Pages.Length);
        Assert.All(endpoints, endpoint => Assert.NotNull(endpoint.Metadata.GetMetadata<IAuthorizeData>()));
        (await host.Get("/dashboard/Trace")).Is(403);
        Assert.DoesNotContain("dashboard", (await couch.Anyone.Get("/openapi/v1.json")).Is(200).Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_it_does_not_know_is_not_found_and_no_failure()
    {
        await using var couch = await CouchHost.Start($"--COUCH_AUTH_TOKEN={HostKey}", "--COUCH_DASHBOARD=true");
        var host = couch.With(HostKey);
        var paths = couch.App.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
            .Select(endpoint => "/" + endpoint.RoutePattern.RawText!.Trim('/'))
            .Where(path => path.StartsWith("/dashboard", StringComparison.Ordinal) && path.Contains('{',
                StringComparison.Ordinal)).ToList();
        Assert.True(paths.Count >= 6);

        (await host.Get("/dashboard/HistoricalStats/x")).Refuses(404, "not found");
        var silo = couch.App.Services.GetRequiredService<ILocalSiloDetails>().SiloAddress.ToParsableString();
        (await host.Get($"/dashboard/HistoricalStats/{silo}")).Is(200);
        foreach (var path in paths)
        {
            foreach (var value in new[] { "x", "0", "-1", "99999999999", "127.0.0.1:1@1", "a/b/c", "%00", "S127.0.0.1:11111:5", "%20" })
                Assert.True((await host.Get(path[..path.IndexOf('{', StringComparison.Ordinal)] + value)).Status < 500, $"{path} {value}");
        }

        foreach (var query in new[] { "", "?grainId=x", "?grainType=x", "?grainId=x&grainType=x",
            "?grainId=&grainType=Couch.Cluster.Guests.GuestGrain", "?grainId=x&grainType=System.String" })
            Assert.True((await host.Get("/dashboard/GrainState" + query)).Status < 500, query);
    }

    [Fact]
    public async Task It_shows_grains_but_no_row_and_no_secret_and_looking_changes_nothing()
    {
        var signingKey = Some.Key();
        await using var couch = await CouchHost.Start(
            $"--COUCH_AUTH_TOKEN={HostKey}", $"--COUCH_SIGNING_KEY={signingKey}", "--COUCH_DASHBOARD=true");
        var host = couch.With(HostKey);
        var invite = await host.Sending("Idempotency-Key", "an-idempotency-key-of-somebody").Invite();
        var stay = (await couch.Anyone.Redeem(invite, "seen-by-name")).Is(201);
        var key = (await host.Post("/couch/keys", new { name = "seen", scopes = new[] { "meter" } })).Is(201);
        (await couch.Anyone.Get($"/couch/status?token={stay["authToken"]}")).Is(200);
        var before = (await host.Get($"/couch/guests/{stay["guestId"]}")).Is(200).Body;

        var shown = new List<string>();
        foreach (var page in Pages.Where(page => !page.EndsWith(".js", StringComparison.Ordinal)).Concat(
                 [
                     $"/dashboard/GrainState?grainId={stay["guestId"]}&grainType=Couch.Cluster.Guests.GuestGrain",
                     $"/dashboard/GrainState?grainId={invite["id"]}&grainType=Couch.Cluster.Invites.InviteGrain",
                     $"/dashboard/GrainState?grainId={key["id"]}&grainType=Couch.Cluster.Keys.HostKeyGrain",
                 ]))
            shown.Add((await host.Get(page)).Is(200).Body);

        Assert.Contains(shown, page => page.Contains("Couch.Cluster.Guests.GuestGrain", StringComparison.Ordinal));
        foreach (var secret in new[] { "seen-by-name", HostKey, signingKey, invite["code"]!, stay["authToken"]!, key["key"]!,
            "an-idempotency-key-of-somebody" })
            Assert.DoesNotContain(shown, page => page.Contains(secret, StringComparison.Ordinal));
        Assert.Equal(before, (await host.Get($"/couch/guests/{stay["guestId"]}")).Body);
    }
}
