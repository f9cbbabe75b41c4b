using System.Text;
using System.Text.Json.Nodes;
using CsCheck;
using Couch.Tests.Support;
using Xunit;

namespace Couch.Tests.Mcp;

/// <summary>Thousands of messages that no client in its right mind would send.</summary>
public sealed class HostileAgentTests(KeyedCouchHost couch) : IClassFixture<KeyedCouchHost>
{
    private static readonly string[] Methods =
    [
        "initialize", "ping", "server/discover", "tools/list", "tools/call", "tools/call", "tools/call", "resources/list", "prompts/get",
        "completion/complete", "logging/setLevel", "subscriptions/listen", "notifications/initialized", "notifications/cancelled",
        "notifications/progress", "tasks/get", "roots/list", "sampling/createMessage", "", "tools/call\\n", "nowhere",
    ];

    private static readonly string[] Tools =
    [
        "preview_invite", "redeem_invite", "my_stay", "check_out", "create_invite", "list_invites", "revoke_invite", "list_guests",
        "guest_status", "kill_guest", "extend_guest", "follow_events", "", "nothing", "../x",
    ];

    private static readonly string[] Names =
    [
        "jsonrpc", "id", "method", "params", "result", "error", "code", "message", "data", "name", "arguments", "_meta", "progressToken",
        "cursor", "protocolVersion", "capabilities", "clientInfo", "version", "uri", "ref", "argument", "task", "ttl", "level", "requestId",
        "inputResponses", "io.modelcontextprotocol/protocolVersion", "io.modelcontextprotocol/clientCapabilities", "",
    ];

    private static readonly string[] Arguments =
    [
        "code", "name", "publicKey", "idempotencyKey", "createdBy", "label", "resourceLimits", "permissions", "expiresInHours", "id",
        "hours", "status", "limit", "cursor", "since_id", "since", "type", "exclude", "agent", "subject", "token", "unknown", "\\u0000", "",
    ];

    private static readonly string[] Scalars =
    [
        "null", "true", "false", "0", "-0", "-1", "1", "0.5", "1e999", "-1e999", "1e-999", "9007199254740993", "18446744073709551616",
        "123456789012345678901234567890", "\"\"", "\" \"", "\"\\u0000\"", "\"\\n\"", "\"2026-07-28\"", "\"2025-06-18\"",
        "\"2.0\"", "\"tools/call\"", "\"my_stay\"", "\"inv_x\"", "\"guest_x\"", "[]", "{}", "[[]]",
    ];

    private static readonly string[] NoJson = ["nul", "{", "\"\u00ff", "\u0000", "\"\\ud800\""];

    private static readonly string[] Versions =
        ["2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25", "2026-07-28", "1999-01-01", "x", ""];

    private static readonly Gen<string> Scalar = Gen.Frequency(
        (16, Any(Scalars)), (1, Any(NoJson)), (4, Gen.Double.Select(number => number.ToString("R", null))),
        (4, Gen.String[0, 60].Select(text => System.Text.Json.JsonSerializer.Serialize(text))));

    private static readonly Gen<string> Value = Gen.Frequency(
        (6, Scalar), (2, Object(Names, Scalar)), (1, Object(Names, Object(Names, Scalar))), (1, Scalar.Select(item => $"[{item}]")));

    private static readonly Gen<string> Id = Gen.Frequency((6, Any("1", "\"a\"")), (1, Scalar));

    private static readonly Gen<string> Meta = Gen.Frequency(
        (2, Any(Versions).Select(version =>
            $$$"""{"io.modelcontextprotocol/protocolVersion":"{{{version}}}","io.modelcontextprotocol/clientCapabilities":{}}""")),
        (6, Gen.Const("{}")), (1, Value));

    /// <summary>A call as it should be, but for what its arguments are.</summary>
    private static readonly Gen<string> Call = Gen.Select(Id, Any(Tools), Object(Arguments, Value), Meta).Select(
        (id, tool, arguments, meta) => Request(
            id, "tools/call", $$$"""{"name":"{{{tool}}}","arguments":{{{arguments}}},"_meta":{{{meta}}}}"""));

    private static readonly Gen<string> AnyMethod = Gen.Select(Id, Any(Methods), Gen.OneOf(Value, Object(Names, Value)), Meta).Select(
        (id, method, parameters, meta) => Request(id, method, parameters == "{}" ? $$"""{"_meta":{{meta}}}""" : parameters));

    private static readonly Gen<byte[]> Body = Gen.Frequency(
        (10, Call.Select(Encoding.UTF8.GetBytes)), (6, AnyMethod.Select(Encoding.UTF8.GetBytes)),
        (3, Object(Names, Value).Select(Encoding.UTF8.GetBytes)), (1, Value.Select(Encoding.UTF8.GetBytes)),
        (1, Call.Select(call => Encoding.UTF8.GetBytes($"[{call},{call}]"))), (1, Gen.Byte.Array[0, 200]));

    [Fact]
    public async Task Nothing_an_agent_sends_is_a_failure_of_the_couch()
    {
        var token = (await couch.Host.Arrive())["authToken"]!;
        var key = (await couch.Host.Post("/couch/keys", new { name = "hostile", scopes = new[] { "guests" } })).Is(201)["key"]!;
        var bearer = Any("", token, Visits.Forged(token), key, KeyedCouchHost.Key, "x");
        var header = Gen.Select(
            Any("MCP-Protocol-Version", "Mcp-Method", "Mcp-Name", "Mcp-Session-Id", "Last-Event-ID", "Accept", "Origin"),
            Gen.OneOf(Any(Versions), Any(Methods), Any(Tools), Any("application/json", "text/event-stream", "=?base64?x?=")));
        var headers = Gen.Frequency((3, header.Array[0]), (1, header.Array[1, 3]));

        var called = 0;
        await Gen.Select(Body, bearer, headers).SampleAsync(
            async (body, sampledBearer, sampledHeaders) =>
            {
                var caller = (sampledBearer.Length == 0 ? couch.Anyone : couch.With(sampledBearer)).Sending(
                    "Accept", "application/json, text/event-stream");
                caller = sampledHeaders.Aggregate(caller, (caller, header) => caller.Sending(header.Item1, header.Item2));
                using var content = new ByteArrayContent(body);
                content.Headers.TryAddWithoutValidation("Content-Type", "application/json");

                var answer = await caller.Send(HttpMethod.Post, "/mcp", content);

                Assert.True(answer.Status < 500, $"{answer.Status} {answer.Body}\n{Encoding.UTF8.GetString(body)}");
                foreach (var message in Messages(answer))
                {
                    if (message["result"]?["structuredContent"] is not null)
                        Interlocked.Increment(ref called);
                    // Nor as the result of a tool, or as MCP's own "internal error".
                    Assert.True(message["result"]?["structuredContent"]?["status"] is not JsonValue status
                        || !status.TryGetValue<int>(out var code) || code < 500, answer.Body);
                    Assert.True(message["error"]?["code"] is not JsonValue error || (int)error is not -32603,
                        $"{answer.Body}\n{Encoding.UTF8.GetString(body)}\n{string.Join('\n', sampledHeaders)}");
                }

                // A refusal is the couch's own, or MCP's.
                if (answer.Status >= 400 && answer.ContentHeaders.ContentType?.MediaType is not "application/json")
                    answer.Refuses(answer.Status);
            },
            iter: Length.Of(4000, 40_000));
        Assert.True(called > Length.Of(400, 4000), $"only {called} messages got as far as a tool");
    }

    private static IEnumerable<JsonNode> Messages(Answer answer) => answer.ContentHeaders.ContentType?.MediaType switch
    {
        "application/json" => [JsonNode.Parse(answer.Body)!],
        "text/event-stream" => answer.Body.Split('\n').Where(line => line.StartsWith("data: ", StringComparison.Ordinal))
            .Select(line => JsonNode.Parse(line["data: ".Length..])!),
        _ => [],
    };

    private static string Request(string id, string method, string parameters) =>
        $$"""{"jsonrpc":"2.0","id":{{id}},"method":"{{method}}","params":{{parameters}}}""";

    private static Gen<string> Any(params string[] values) => Gen.Int[0, values.Length - 1].Select(index => values[index]);

    private static Gen<string> Object(string[] names, Gen<string> value) =>
        Gen.Select(Any(names), value).Array[0, 5].Select(
            fields => "{" + string.Join(',', fields.Select(pair => $"\"{pair.Item1}\":{pair.Item2}")) + "}");
}
