using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Couch.Client;
using Couch.Client.Json;
using Xunit;

namespace Couch.Tests.Client;

/// <summary>The client reads what a later couch, and an earlier one, answers; and what it reads it can write.</summary>
public sealed class TolerantClientTests
{
    private const string Id = "01ARZ3NDEKTSV4RRFFQ69G5FAV";

    [Fact]
    public async Task Fields_that_are_not_known_are_ignored_and_words_that_are_not_known_are_shown()
    {
        using var stub = new StubCouch();
        stub.Says(StubCouch.InviteText
            .Replace("\"active\"", "\"paused\"", StringComparison.Ordinal)
            .Replace("\"id\"", "\"parentGuestId\":null,\"seats\":{\"of\":[1,2,{}]},\"id\"", StringComparison.Ordinal)
            .Replace("\"maxCpuCores\"", "\"maxGpus\":8,\"maxCpuCores\"", StringComparison.Ordinal));

        var invite = await stub.Client().Invites.Get(Id);

        Assert.Equal(("paused", 2), (invite.Status, invite.ResourceLimits.MaxCpuCores));
        // What a couch of the original's fields does not send.
        Assert.Equal((Enforcement.Stop, null), (invite.Enforcement, invite.CreatedWith.Name));
    }

    [Fact]
    public void What_an_earlier_couch_does_not_send_is_null_only_where_the_record_says_so()
    {
        var types = typeof(AnswerJson).GetCustomAttributesData().Where(data => data.AttributeType == typeof(JsonSerializableAttribute))
            .Select(data => (Type)data.ConstructorArguments[0].Value!).ToList();
        Assert.True(types.Count > 20);
        foreach (var type in types)
        {
            var info = CouchJson.Answers.GetTypeInfo(type);
            var least = JsonSerializer.Deserialize(Least(info).ToJsonString(), info)!;
            Assert.All(
                info.Properties.Where(property => !property.IsGetNullable),
                property => Assert.True(property.Get!(least) is not null, $"{type.Name}.{property.Name} is null"));
        }
    }

    /// <summary>What cannot be left out, and nothing else.</summary>
    private static JsonNode Least(JsonTypeInfo info) => info.Kind switch
    {
        JsonTypeInfoKind.Object => new JsonObject(
            from property in info.Properties
            where property.IsRequired
            select KeyValuePair.Create(property.Name, (JsonNode?)Least(CouchJson.Answers.GetTypeInfo(property.PropertyType)))),
        JsonTypeInfoKind.Enumerable => new JsonArray(),
        JsonTypeInfoKind.Dictionary => new JsonObject(),
        _ when info.Type == typeof(bool) => false,
        _ when info.Type == typeof(DateTimeOffset) => "2026-11-23T12:00:00.123Z",
        _ when info.Type == typeof(string) || info.Type == typeof(Secret) => "x",
        _ => 0,
    };

    [Fact]
    public async Task An_event_of_a_type_that_is_not_known_is_shown()
    {
        using var stub = new StubCouch();
        stub.Says(
            """
            {"events":[{"id":9007199254740991,"eventId":"e","timestamp":"2026-11-23T12:00:00.123Z","source":"couch",
             "type":"couch.pillow.fluffed","agent":null,"payload":{"softness":3},
             "metadata":{"by":{"keyId":null,"name":"configured","via":"mcp"},"trace":"t"}}],
             "count":1,"nextCursor":null,"more":true}
            """);

        var happened = Assert.Single(await stub.Client().Events.List().ToList());

        Assert.Equal((9007199254740991, "couch.pillow.fluffed", "configured"), (happened.Id, happened.Type, happened.Metadata.By?.Name));
        Assert.Equal(3, happened.Payload.GetProperty("softness").GetInt32());
    }

    [Fact]
    public void An_answer_can_be_written_as_it_was_read()
    {
        var invite = JsonSerializer.Deserialize<Invite>(StubCouch.InviteText, CouchJson.Answers)!;

        var written = JsonSerializer.Serialize(invite, CouchJson.Answers);

        Assert.Contains("\"createdAt\":\"2026-11-23T12:00:00.123Z\"", written, StringComparison.Ordinal);
        Assert.Contains("\"code\":\"inv_abc\"", written, StringComparison.Ordinal);
        Assert.Equal(invite, JsonSerializer.Deserialize<Invite>(written, CouchJson.Answers));
    }

    [Fact]
    public void A_record_that_is_logged_does_not_show_its_secret()
    {
        var invite = JsonSerializer.Deserialize<Invite>(StubCouch.InviteText, CouchJson.Answers)!;

        Assert.DoesNotContain("inv_abc", invite.ToString(), StringComparison.Ordinal);
        Assert.Contains("Code = ***", invite.ToString(), StringComparison.Ordinal);
        Assert.Equal("inv_abc", invite.Code.Reveal());
    }

    [Fact]
    public void Options_that_are_out_of_their_bounds_are_all_told_and_no_key_is_quoted()
    {
        using var http = new HttpClient();

        var wrong = Assert.Throws<ArgumentException>(() => new CouchClient(http, new()
        {
            HostKey = "secret\r\nX: y",
            MostAttempts = 0,
            LongestPause = TimeSpan.Zero,
        }));

        Assert.All(
            ["Address", "HostKey", "MostAttempts", "LongestPause"], name => Assert.Contains(name, wrong.Message, StringComparison.Ordinal));
        Assert.DoesNotContain("secret", wrong.Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => new StubCouch().Client().Stay("guest_\n"));
        Assert.NotNull(new CouchClient(new() { BaseAddress = new("http://couch.example") }, new()));
    }
}
