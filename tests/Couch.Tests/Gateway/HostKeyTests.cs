using Couch.Tests.Support;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace Couch.Tests.Gateway;

public sealed class HostKeyTests(KeyedCouchHost couch) : IClassFixture<KeyedCouchHost>
{
    private static readonly string[] Public =
    [
        "POST /couch/redeem", "GET /couch/status", "GET /couch/invites/preview", "POST /couch/invites/preview",
        "POST /couch/checkout", "GET /join", "GET /llms.txt", "GET /.well-known/agent-skills/index.json",
        "GET /skills/couch-guest/SKILL.md",
        "GET /health", "GET /health/ready", "GET /openapi/v1.json", "POST /mcp",
        "GET /", "GET /console/sign-in", "GET /console/{file}", "POST /couch/console/sign-in", "POST /couch/console/sign-out",
    ];

    [Fact]
    public async Task Every_endpoint_that_is_not_public_opens_to_the_host_key_alone()
    {
        var token = (await couch.Host.Arrive())["authToken"]!;
        Caller[] strangers = [couch.Anyone, couch.With("a wrong key"), couch.With(token), couch.With(Visits.Forged(token)),
            couch.With(KeyedCouchHost.Key + "!")];

        var endpoints = Endpoints().Where(endpoint => !Public.Contains($"{endpoint.Method} {endpoint.Path}")).ToList();
        Assert.True(endpoints.Count >= 11, string.Join(", ", endpoints));
        foreach (var (method, path) in endpoints)
        {
            foreach (var stranger in strangers)
            {
                // A body that would be refused as well: who asks is looked at first.
                var refused = (await stranger.Send(method, path.Replace("{id}", "x", StringComparison.Ordinal),
                    method == HttpMethod.Get ? null : Caller.Text("x", "text/plain"))).Refuses(401);
                Assert.StartsWith("Unauthorized — ", refused["error"], StringComparison.Ordinal);
                Assert.Equal("Bearer", refused.Header("WWW-Authenticate"));
            }

            // A stream that is not refused would not end.
            Assert.NotEqual(401, (await couch.Host.Sending("Last-Event-ID", "x").Send(method, path)).Status);
        }
    }

    [Fact]
    public async Task Public_endpoints_ask_for_no_key()
    {
        foreach (var (method, path) in Endpoints().Where(endpoint => Public.Contains($"{endpoint.Method} {endpoint.Path}")))
            Assert.NotEqual(401, (await couch.Anyone.Send(method, path.Replace("{documentName}", "v1", StringComparison.Ordinal))).Status);
    }

    [Fact]
    public async Task The_scheme_may_be_spelt_in_any_case_but_not_sent_twice()
    {
        (await couch.Anyone.Sending("Authorization", "bearer " + KeyedCouchHost.Key).Get("/couch/guests")).Is(200);
        (await couch.Host.Sending("Authorization", "Bearer x").Get("/couch/guests")).Refuses(401);
        (await couch.Anyone.Sending("Authorization", KeyedCouchHost.Key).Get("/couch/guests")).Refuses(401);
    }

    [Fact]
    public async Task A_host_key_opens_from_behind_a_proxy() =>
        (await couch.Host.Sending("X-Forwarded-For", "203.0.113.7").Sending("Host", "couch.example").Get("/couch/guests")).Is(200);

    [Fact]
    public async Task The_older_name_of_the_setting_is_read_where_the_newer_is_missing()
    {
        await using var older = await CouchHost.Start("--VERS_AUTH_TOKEN=short");

        (await older.Anyone.Get("/couch/guests")).Refuses(401);
        (await older.With("short").Get("/couch/guests")).Is(200);
    }

    private IEnumerable<(HttpMethod Method, string Path)> Endpoints() =>
        from endpoint in couch.App.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
        from method in endpoint.Metadata.GetRequiredMetadata<HttpMethodMetadata>().HttpMethods
        select (new HttpMethod(method), "/" + endpoint.RoutePattern.RawText!.Trim('/'));
}
