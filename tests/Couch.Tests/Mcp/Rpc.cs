using System.Text.Json;
using Couch.Tests.Support;

namespace Couch.Tests.Mcp;

/// <summary>Messages of MCP as they go over the wire, for tests that send what no client would.</summary>
internal static class Rpc
{
    public const string Accept = "Accept: application/json, text/event-stream";

    private const string Parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

    public const string List = """{"jsonrpc":"2.0","id":1,"method":"tools/list"}""";

    /// <summary>Calls a tool, and keeps nothing of the connection.</summary>
    public static Task<Answer> Tool(this Caller caller, string tool, object arguments) =>
        caller.Sending("Accept", "application/json, text/event-stream").Post(
            "/mcp", Request("tools/call", $$"""{"name":"{{tool}}","arguments":{{JsonSerializer.Serialize(arguments)}}}"""));

    public static string Request(string method, string parameters) =>
        $$"""{"jsonrpc":"2.0","id":1,"method":"{{method}}","params":{{parameters}}}""";

    /// <summary>Messages with a secret in each place where it does not belong, and in some where it does.</summary>
    public static IEnumerable<string> Misplaced(string secret) => new[]
    {
        "SECRET",
        """{"jsonrpc":"2.0","id":"SECRET","method":"tools/list"}""",
        """{"jsonrpc":"SECRET","id":1,"method":"tools/list"}""",
        """{"jsonrpc":"2.0","id":1,"method":"tools/list","SECRET":"SECRET"}""",
        """{"jsonrpc":"2.0","id":"SECRET","result":{"SECRET":"SECRET"}}""",
        """{"jsonrpc":"2.0","id":"SECRET","error":{"code":1,"message":"SECRET"}}""",
        """{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":"SECRET","reason":"SECRET"}}""",
        Request("SECRET", "{}"),
        Request("tools/list", """{"cursor":"SECRET","SECRET":1}"""),
        Request("tools/list", """{"_meta":{"SECRET":"SECRET","progressToken":"SECRET","baggage":"token=SECRET"}}"""),
        Request("tools/list", """{"_meta":{"traceparent":"PARENT","tracestate":"couch=SECRET"}}"""),
        Request("initialize", """{"protocolVersion":"SECRET","clientInfo":{"name":"SECRET","version":"SECRET"}}"""),
        Request("initialize", """{"protocolVersion":"2025-06-18","capabilities":{},"clientInfo":{"name":"SECRET","version":"1"}}"""),
        Request("tools/call", """{"name":"SECRET"}"""),
        Request("tools/call", """{"name":"redeem_invite","arguments":{"code":"SECRET","name":"SECRET","SECRET":1}}"""),
        Request("tools/call", """{"name":"redeem_invite","arguments":{"code":{"SECRET":"SECRET"},"name":5}}"""),
        Request("tools/call", """{"name":"preview_invite","arguments":{"code":"SECRET"}}"""),
        Request("tools/call", """{"name":"kill_guest","arguments":{"id":"SECRET","idempotencyKey":"SECRET"}}"""),
        Request("tools/call", """{"name":"list_guests","arguments":{"status":"SECRET","cursor":"SECRET"}}"""),
        Request("tools/call", """{"name":"my_stay","arguments":{"wait":"SECRET","token":"SECRET"}}"""),
        Request("resources/read", """{"uri":"couch://SECRET"}"""),
    }.Select(message => message.Replace("SECRET", secret, StringComparison.Ordinal).Replace("PARENT", Parent, StringComparison.Ordinal));
}
