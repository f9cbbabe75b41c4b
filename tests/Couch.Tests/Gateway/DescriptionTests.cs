using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Couch.Tests.Support;
using Microsoft.AspNetCore.Http.Metadata;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace Couch.Tests.Gateway;

/// <summary>The OpenAPI document against the endpoints that there are.</summary>
public sealed partial class DescriptionTests(CouchHost couch) : IClassFixture<CouchHost>
{
    private const string SignIn = "/couch/console/sign-in";

    private static readonly string[] Public = ["/couch/redeem", "/couch/status", "/couch/invites/preview", "/couch/checkout", "/health",
        "/health/ready", SignIn, "/couch/console/sign-out"];

    [Fact]
    public async Task Every_endpoint_is_described_with_everything_it_may_refuse()
    {
        var document = (await couch.Anyone.Get("/openapi/v1.json")).Is(200).Json;
        var endpoints = couch.App.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
            .Where(endpoint => endpoint.Metadata.GetMetadata<IExcludeFromDescriptionMetadata>() is null
                && endpoint.RoutePattern.RawText!.Trim('/') is not "metrics").ToList();
        Assert.True(endpoints.Count >= 17);

        foreach (var endpoint in endpoints)
        {
            var path = "/" + endpoint.RoutePattern.RawText!.Trim('/');
            var operation = document["paths"]![path]!
                [endpoint.Metadata.GetRequiredMetadata<HttpMethodMetadata>().HttpMethods[0].ToLowerInvariant()]!;
            Assert.False(string.IsNullOrWhiteSpace((string?)operation["summary"]), path);

            Assert.All(operation["parameters"]?.AsArray() ?? [], parameter => Described(parameter!, path));
            foreach (var refused in endpoint.Metadata.OfType<IProducesResponseTypeMetadata>().Where(answer => answer.StatusCode >= 400))
            {
                var answer = operation["responses"]![$"{refused.StatusCode}"]!;
                Assert.EndsWith(
                    "Problem", (string?)answer["content"]!["application/problem+json"]!["schema"]!["$ref"], StringComparison.Ordinal);
                Assert.All(answer["headers"]?.AsObject() ?? [], header => Described(header.Value!, $"{path} {header.Key}"));
            }

            var asksForHostKey = operation["security"]?.ToJsonString() == """[{"hostKey":[]}]""";
            Assert.Equal(!Public.Contains(path), asksForHostKey);
            // Whoever signs in sends the host key in the body.
            Assert.Equal(asksForHostKey || path == SignIn, operation["responses"]!["401"] is not null);
        }
    }

    [Fact]
    public async Task Every_shape_and_every_field_is_described()
    {
        var schemas = (await couch.Anyone.Get("/openapi/v1.json")).Is(200).Json["components"]!["schemas"]!.AsObject();

        foreach (var (name, schema) in schemas)
        {
            Described(schema!, name);
            foreach (var (field, property) in schema!["properties"]?.AsObject() ?? [])
            {
                // A shape that may be null is one of two, and the shape is what is described.
                var described = property!["oneOf"]?.AsArray().Single(one => (string?)one!["type"] is not "null") ?? property;
                Described(described!, $"{name}.{field}");
                Assert.True(described!["type"] is not null || described["$ref"] is not null, $"{name}.{field} has no type");
            }
        }
    }

    [Fact]
    public async Task What_is_answered_is_what_is_described()
    {
        var schemas = (await couch.Anyone.Get("/openapi/v1.json")).Json["components"]!["schemas"]!;
        var guest = await couch.Anyone.Arrive();

        void Matches(string schema, JsonNode answer) => Assert.Equal(
            schemas[schema]!["properties"]!.AsObject().Select(field => field.Key).Order(),
            answer.AsObject().Select(field => field.Key).Order());

        Matches("RedeemedView", guest.Json);
        Matches("GuestView", (await couch.Anyone.Get($"/couch/guests/{guest["guestId"]}")).Json);
        Matches("GuestStatusView", (await couch.Anyone.Get($"/couch/guests/{guest["guestId"]}/status")).Json);
        Matches("StayView", (await couch.With(guest["authToken"]!).Get("/couch/status")).Json);
        Matches("InviteView", (await couch.Anyone.Get("/couch/invites?status=redeemed")).Json["invites"]![0]!);
        Matches("SummaryView", (await couch.Anyone.Get("/couch/summary")).Json);
        var many = (await couch.Anyone.Post("/couch/guests/kill", new { ids = new[] { "x" } })).Json;
        Matches("KilledManyView", many);
        Matches("FailedView", many["failed"]![0]!);
        Matches("RevokedManyView", (await couch.Anyone.Post("/couch/invites/revoke", new { ids = new[] { "x" } })).Json);
        Matches("CreatedKeyView", (await couch.Anyone.Post("/couch/keys", new { name = "described", scopes = new[] { "meter" } })).Json);
        Matches("HostKeyView", (await couch.Anyone.Get("/couch/keys")).Json["keys"]![0]!);
        Matches("CreatedWebhookView", (await couch.Anyone.Post("/couch/webhooks", new { url = "http://receiver.example/" })).Json);
        Matches("WebhookView", (await couch.Anyone.Get("/couch/webhooks")).Json["webhooks"]![0]!);
        Matches("Problem", (await couch.Anyone.Get("/nowhere")).Json);
    }

    [Fact]
    public async Task It_is_made_once_and_told_again_only_where_it_differs()
    {
        var first = (await couch.Anyone.Get("/openapi/v1.json")).Is(200);
        var again = (await couch.Anyone.Sending("Host", "another.example").Get("/openapi/v1.json")).Is(200);

        Assert.Equal((first.Body, first.Header("ETag")), (again.Body, again.Header("ETag")));
        Assert.Null(first.Json["servers"]);
        var unchanged = (await couch.Anyone.Sending("If-None-Match", first.Header("ETag")).Get("/openapi/v1.json")).Is(304);
        Assert.Equal(("", first.Header("ETag")), (unchanged.Body, unchanged.Header("ETag")));
        (await couch.Anyone.Sending("If-None-Match", "\"another\"").Get("/openapi/v1.json")).Is(200);
    }

    [Fact]
    public async Task A_status_is_described_with_its_tag_and_with_waiting_for_what_differs_from_it()
    {
        var status = (await couch.Anyone.Get("/openapi/v1.json")).Json["paths"]!["/couch/status"]!["get"]!;

        Assert.NotNull(status["responses"]!["200"]!["headers"]!["ETag"]);
        Assert.NotNull(status["responses"]!["304"]!["headers"]!["ETag"]);
        Assert.Contains(status["parameters"]!.AsArray(), parameter => (string?)parameter!["name"] == "If-None-Match");
    }

    private static void Described(JsonNode node, string what) =>
        Assert.True(Prose().IsMatch((string?)node["description"] ?? ""), $"{what} has no description");

    [GeneratedRegex(@"\w+.*\.$", RegexOptions.Singleline)]
    private static partial Regex Prose();
}
