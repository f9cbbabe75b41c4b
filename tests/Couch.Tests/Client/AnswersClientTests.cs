using System.Reflection;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Couch.Client;
using Couch.Client.Json;
using Couch.Domain.Text;
using Couch.Tests.Support;
using Xunit;
using DomainEndReason = Couch.Domain.Guests.EndReason;
using DomainEventType = Couch.Domain.Events.EventType;

namespace Couch.Tests.Client;

/// <summary>The client's records against the couch's own description: what either has, the other has.</summary>
public sealed class AnswersClientTests(CouchHost couch) : IClassFixture<CouchHost>
{
    /// <summary>What is sent and what is answered, for each operation of the protocol.</summary>
    private static readonly Dictionary<string, (Type? Sent, Type? Answered)> Operations = new()
    {
        ["post /couch/invites"] = (typeof(NewInvite), typeof(Invite)),
        ["get /couch/invites"] = (null, typeof(InvitePage)),
        ["get /couch/invites/{id}"] = (null, typeof(Invite)),
        ["delete /couch/invites/{id}"] = (null, typeof(Invite)),
        ["post /couch/invites/revoke"] = (typeof(Selection), typeof(RevokedInvites)),
        ["get /couch/invites/preview"] = (null, typeof(InvitePreview)),
        ["post /couch/invites/preview"] = (typeof(CodeBody), typeof(InvitePreview)),
        ["post /couch/redeem"] = (typeof(RedeemBody), typeof(Redemption)),
        ["get /couch/status"] = (null, typeof(Stay)),
        // The token is sent as bearer, and so there is no body.
        ["post /couch/checkout"] = (null, typeof(CheckedOut)),
        ["get /couch/guests"] = (null, typeof(GuestPage)),
        ["get /couch/guests/{id}"] = (null, typeof(Guest)),
        ["get /couch/guests/{id}/status"] = (null, typeof(GuestReport)),
        ["get /couch/guests/{id}/events"] = (null, typeof(EventPage)),
        ["delete /couch/guests/{id}"] = (null, typeof(KilledGuest)),
        ["post /couch/guests/{id}/activate"] = (typeof(ActivateBody), typeof(Guest)),
        ["put /couch/guests/{id}/usage"] = (typeof(UsageReport), typeof(RecordedUsage)),
        ["post /couch/guests/{id}/extend"] = (typeof(ExtendBody), typeof(Guest)),
        ["post /couch/guests/kill"] = (typeof(Selection), typeof(KilledGuests)),
        ["get /couch/summary"] = (null, typeof(CouchSummary)),
        ["post /couch/keys"] = (typeof(NewHostKey), typeof(CreatedHostKey)),
        ["get /couch/keys"] = (null, typeof(HostKeyPage)),
        ["get /couch/keys/{id}"] = (null, typeof(HostKey)),
        ["delete /couch/keys/{id}"] = (null, typeof(HostKey)),
        ["get /couch/events"] = (null, typeof(EventPage)),
        // Its answer is a stream, whose data is a record of the pages.
        ["get /couch/events/stream"] = (null, null),
        ["get /couch/events/stats"] = (null, typeof(EventStats)),
        ["post /couch/webhooks"] = (typeof(NewWebhook), typeof(CreatedWebhook)),
        ["get /couch/webhooks"] = (null, typeof(WebhookPage)),
        ["get /couch/webhooks/{id}"] = (null, typeof(Webhook)),
        ["delete /couch/webhooks/{id}"] = (null, null),
        ["post /couch/webhooks/{id}/resume"] = (null, typeof(Webhook)),
        ["post /couch/webhooks/{id}/test"] = (null, typeof(WebhookTest)),
        ["get /health"] = (null, typeof(Health)),
        ["get /health/ready"] = (null, typeof(Readiness)),
    };

    /// <summary>Fields of bodies that the client does not send: another name for one that it sends.</summary>
    private static readonly string[] NotSent = ["post /couch/redeem: inviteCode"];

    [Fact]
    public async Task Every_operation_that_is_described_is_the_clients()
    {
        var described = Described((await Document())["paths"]!).Select(operation => operation.Name).ToList();

        Assert.Empty(described.Except(Operations.Keys));
        Assert.True(described.Count >= 30, $"only {described.Count} operations are described");
    }

    [Fact]
    public async Task Every_record_has_exactly_the_fields_that_are_described()
    {
        var document = await Document();
        var differences = new List<string>();
        foreach (var (name, operation) in Described(document["paths"]!))
        {
            var (sent, answered) = Operations.GetValueOrDefault(name);
            var success = operation["responses"]!.AsObject().First(answer => answer.Key.StartsWith('2')).Value!;
            Compare(document, name, Schema(success), answered, AnswerJson.Default, differences);
            if (sent is not null)
                Compare(document, name, Schema(operation["requestBody"]!), sent, RequestJson.Default, differences);
        }

        Assert.Empty(differences.Except(NotSent.Select(field => $"{field} is not in the client")));
    }

    [Fact]
    public async Task A_problem_has_every_field_that_any_problem_has()
    {
        var document = await Document();
        var described = Described(document["paths"]!)
            .SelectMany(operation => operation.Operation["responses"]!.AsObject())
            .Where(answer => answer.Key[0] is '4' or '5')
            .SelectMany(answer => Resolve(document, Schema(answer.Value!)!)["properties"]!.AsObject())
            .Select(field => field.Key).Distinct();

        Assert.Equal(described.Order(), Fields(AnswerJson.Default.CouchProblem).Select(field => field.Name).Order());
    }

    [Fact]
    public async Task Every_word_that_is_described_is_known()
    {
        var words = (await Document())["components"]!["schemas"]!.AsObject()
            .Where(schema => schema.Value!["enum"] is not null)
            .ToDictionary(schema => schema.Key, schema => schema.Value!["enum"]!.AsArray().Select(word => (string?)word));
        Assert.True(words.Count >= 5);
        foreach (var (name, described) in words)
        {
            var type = typeof(CouchClient).Assembly.GetType($"Couch.Client.{name}");
            Assert.True(type is not null, $"the client has no words for {name}");
            Assert.Empty(described.OfType<string>().Except(Constants(type)));
        }

        Assert.Empty(Words.All<DomainEventType>().Except(Constants(typeof(EventTypes))));
        Assert.Empty(Words.All<DomainEndReason>().Except(Constants(typeof(EndReason))));
    }

    [Fact]
    public async Task Every_filter_that_is_described_can_be_given()
    {
        using var stub = new StubCouch();
        stub.Says("""{"invites":[]}""").Says("""{"guests":[]}""").Says("""{"keys":[]}""").Says("""{"webhooks":[]}""")
            .Says("""{"events":[]}""").Says(new MemoryStream(), "text/event-stream");
        var client = stub.Client();
        await client.Invites.List(new() { Status = "x", CreatedBy = "x", Label = "x", PageSize = 1 }).ToList();
        await client.Guests.List(new() { Status = "x", CreatedBy = "x", Label = "x", Name = "x", PageSize = 1 }).ToList();
        await client.Keys.List(1).ToList();
        await client.Webhooks.List(1).ToList();
        await client.Events.List(new()
        {
            Types = ["x"], Exclude = ["x"], Agent = "x", Subject = "x", SinceId = 1, Since = default(DateTimeOffset), PageSize = 1,
            BeforeId = 2, NewestFirst = true, Wait = TimeSpan.FromSeconds(1),
        }).ToList();
        var sent = stub.Seen.ToDictionary(
            request => "get " + request.Line.Split(' ', '?')[1]["/under".Length..],
            request => request.Line.Split('?')[1].Split('&').Select(pair => pair.Split('=')[0]).Append("cursor").ToList());

        foreach (var (name, operation) in Described((await Document())["paths"]!))
        {
            if (sent.TryGetValue(name, out var given))
                Assert.Empty(operation["parameters"]!.AsArray().Select(parameter => (string)parameter!["name"]!).Except(given));
        }

        Assert.Equal(5, sent.Count);
    }

    private async Task<JsonNode> Document() => (await couch.Anyone.Get("/openapi/v1.json")).Is(200).Json;

    /// <summary>All but what the console's own pages ask.</summary>
    private static IEnumerable<(string Name, JsonNode Operation)> Described(JsonNode paths) =>
        from path in paths.AsObject()
        where !path.Key.StartsWith("/couch/console/", StringComparison.Ordinal)
        from operation in path.Value!.AsObject()
        where operation.Key is "get" or "post" or "put" or "delete"
        select ($"{operation.Key} {path.Key}", operation.Value);

    private static JsonNode? Schema(JsonNode message) => message["content"]?["application/json"]?["schema"]
        ?? message["content"]?["application/problem+json"]?["schema"];

    /// <summary>The schema that is meant: without the detour by its name, and without the possibility of null.</summary>
    private static JsonNode Resolve(JsonNode document, JsonNode schema)
    {
        if (schema["oneOf"] is JsonArray either)
            return Resolve(document, either.Single(one => (string?)one!["type"] is not "null")!);
        return schema["$ref"] is { } name
            ? document["components"]!["schemas"]![((string)name!).Split('/')[^1]]!
            : schema;
    }

    private static void Compare(
        JsonNode document, string where, JsonNode? described, Type? type, IJsonTypeInfoResolver json, List<string> differences)
    {
        if (described is null || type is null)
        {
            if (type is not null)
                differences.Add($"{where}: {type.Name} is not described");
            else if (described is not null && !where.EndsWith("/stream", StringComparison.Ordinal))
                differences.Add($"{where}: what is described is not in the client");
            return;
        }

        var schema = Resolve(document, described);
        var info = Info(Nullable.GetUnderlyingType(type) ?? type, json);
        switch (info.Kind)
        {
            case JsonTypeInfoKind.Object:
                var fields = schema["properties"]?.AsObject() ?? [];
                foreach (var field in fields.Where(field => Fields(info).All(own => own.Name != field.Key)))
                    differences.Add($"{where}: {field.Key} is not in the client");
                foreach (var own in Fields(info))
                {
                    if (fields[own.Name] is { } field)
                        Compare(document, $"{where}: {own.Name}", field, own.PropertyType, json, differences);
                    else
                        differences.Add($"{where}: {own.Name} is not described");
                }

                break;
            case JsonTypeInfoKind.Enumerable:
                Compare(document, where + "[]", schema["items"], info.ElementType, json, differences);
                break;
            case JsonTypeInfoKind.None:
                var types = schema["type"] is JsonArray several ? several.Select(one => (string?)one).ToList() : [(string?)schema["type"]];
                var word = Word(info.Type);
                if (schema["enum"] is null && !types.Contains(word) && !(word is "number" && types.Contains("integer")))
                    differences.Add($"{where}: {info.Type.Name} is described as {string.Join(", ", types)}");
                break;
        }
    }

    private static string Word(Type type) => Type.GetTypeCode(type) switch
    {
        TypeCode.Boolean => "boolean",
        TypeCode.Int32 or TypeCode.Int64 or TypeCode.Double => "number",
        _ when type == typeof(JsonElement) => "object",
        _ => "string",
    };

    private static JsonTypeInfo Info(Type type, IJsonTypeInfoResolver json) =>
        json.GetTypeInfo(type, ((JsonSerializerContext)json).Options)
        ?? throw new InvalidOperationException($"{type} is not known at build time");

    private static IEnumerable<JsonPropertyInfo> Fields(JsonTypeInfo info) =>
        info.Properties.Where(property => property.Get is not null || property.Set is not null);

    private static IEnumerable<string> Constants(Type type) =>
        from field in type.GetFields(BindingFlags.Public | BindingFlags.Static) where field.IsLiteral select (string)field.GetValue(null)!;
}
