using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Couch.Tests.Support;
using Xunit;

namespace Couch.Tests.Gateway;

/// <summary>
/// Every answer to <see cref="Caller"/> and to the client is compared with the description (<see cref="Descriptions"/>): here it is shown
/// that an answer which differs from it is found.
/// </summary>
public sealed class DescribedAnswersTests(CouchHost couch) : IClassFixture<CouchHost>
{
    private const string Json = "application/json";

    [Fact]
    public async Task A_real_answer_has_no_fault() => Assert.Empty(await Faults(_ => { }));

    [Fact]
    public async Task A_field_that_is_not_described_is_found() =>
        Assert.Equal(["200: body.vm.colour is not described"], await Faults(guest => guest["vm"]!["colour"] = "red"));

    [Fact]
    public async Task A_field_that_is_missing_is_found() =>
        Assert.Equal(["200: body.expiresAt is missing"], await Faults(guest => guest.AsObject().Remove("expiresAt")));

    [Theory]
    [InlineData("name", "7", "body.name is Number, and not")]
    [InlineData("expiresAt", "null", "body.expiresAt is Null, and not")]
    [InlineData("expiresAt", "\"2026-11-29T12:00:00+00:00\"", "which is no date-time")]
    [InlineData("status", "\"asleep\"", "which is none of")]
    [InlineData("resourceUsage", "{\"tokensUsed\":1.5}", "body.resourceUsage.tokensUsed is Number, and not")]
    public async Task A_value_that_is_not_as_described_is_found(string field, string value, string fault) =>
        Assert.Contains(
            await Faults(guest => guest[field] = JsonNode.Parse(value)), found => found.Contains(fault, StringComparison.Ordinal));

    [Theory]
    [InlineData(418, Json, "the status 418 is not described")]
    [InlineData(200, "text/html", "200 has the content text/html, which is not described")]
    [InlineData(404, Json, "404 has the content application/json, which is not described")]
    public async Task A_status_or_a_type_that_is_not_described_is_found(int status, string type, string fault) =>
        Assert.Equal([fault], await Faults(_ => { }, status, type));

    [Theory]
    [InlineData("null", "")]
    [InlineData("7", "")]
    [InlineData("1.5", "it is Number, and not null")]
    [InlineData("\"a\"", "it is of 2 of the schemas, and not of one")]
    public void A_value_is_of_exactly_one_of_several_schemas(string value, string fault)
    {
        var schemas = new JsonSchemas("""{"components":{"schemas":{}}}"""u8.ToArray());
        using var several = JsonDocument.Parse(
            """{"oneOf":[{"type":"null"},{"type":"integer"},{"type":"string"},{"type":["string","boolean"]}]}""");
        using var parsed = JsonDocument.Parse(value);

        var faults = string.Join(", ", schemas.Faults(parsed.RootElement, several.RootElement, "it"));

        Assert.Equal(fault, faults);
    }

    [Fact]
    public async Task The_description_that_is_compared_is_the_one_that_is_served()
    {
        var served = (await couch.Anyone.Get("/openapi/v1.json")).Is(200).Body;

        Assert.Equal(served, Encoding.UTF8.GetString(await Descriptions.Document(couch.App)));
    }

    /// <summary>What is found in the answer about a guest, once <paramref name="change"/> has changed it.</summary>
    private async Task<List<string>> Faults(Action<JsonNode> change, int status = 200, string type = Json)
    {
        var id = (await couch.Anyone.Arrive())["guestId"];
        var guest = (await couch.Anyone.Get($"/couch/guests/{id}")).Is(200).Json;
        change(guest);
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(couch.Address, $"/couch/guests/{id}"));
        using var response = new HttpResponseMessage((HttpStatusCode)status) { Content = new StringContent(guest.ToJsonString()) };
        response.Content.Headers.ContentType = new MediaTypeHeaderValue(type);
        var described = new DescribedAnswers(await Descriptions.Document(couch.App));
        return await described.Faults(request, response, TestContext.Current.CancellationToken);
    }
}
