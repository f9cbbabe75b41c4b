using System.Diagnostics.Metrics;
using System.Net;
using System.Text.Json.Nodes;
using Couch.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace Couch.Tests.Mcp;

/// <summary>Who may speak MCP to a couch: nobody by a browser's hand, and nobody too often.</summary>
public sealed class McpAccessTests(McpAccessTests.Couches couches) : IClassFixture<McpAccessTests.Couches>
{
    private const string List = """{"jsonrpc":"2.0","id":1,"method":"tools/list"}""";

    private static readonly string Code = "inv_" + new string('a', 64);

    private const string Create = """
        {"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"create_invite","arguments":{"createdBy":"page"}}}
        """;

    private const string Redeem = """
        {"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"redeem_invite","arguments":{"code":"inv_x","name":"a"}}}
        """;

    [Theory]
    [InlineData("Origin", "http://evil.example")]
    [InlineData("Origin", "null")]
    [InlineData("Origin", "")]
    [InlineData("Origin", "http://localhost:1")]
    [InlineData("Origin", "file://")]
    [InlineData("Sec-Fetch-Site", "cross-site")]
    [InlineData("Sec-Fetch-Site", "same-site")]
    public async Task Another_sites_page_is_refused_before_anything_else(string header, string value)
    {
        foreach (var couch in new[] { couches.Open, couches.Keyed })
            (await Speaking(couch.With(KeyedCouchHost.Key)).Sending(header, value).Post("/mcp", Create)).Refuses(
                403, "forbidden — another site's web page may not ask here");
        Assert.Equal(0, (int)(await couches.Open.Anyone.Get("/couch/invites?createdBy=page")).Json["count"]!);
    }

    [Theory]
    [InlineData("text/plain")]
    [InlineData("application/x-www-form-urlencoded")]
    [InlineData("multipart/form-data; boundary=x")]
    [InlineData("")]
    public async Task What_a_page_can_send_without_asking_is_no_message(string type) =>
        (await Speaking(couches.Open.Anyone).Send(HttpMethod.Post, "/mcp", Caller.Text(Create, type))).Refuses(
            415, "the body must be application/json");

    [Theory]
    [InlineData("Host", "couch.example:3000")]
    [InlineData("X-Forwarded-For", "127.0.0.1")]
    [InlineData("Via", "1.1 proxy")]
    public async Task A_page_that_has_rebound_its_name_and_a_proxy_are_strangers_to_an_open_couch(string header, string value)
    {
        var stranger = Speaking(couches.Open.Anyone).Sending(header, value).Sending("Origin", "http://couch.example:3000");
        if (header != "Host")
            stranger = Speaking(couches.Open.Anyone).Sending(header, value);

        Assert.Equal(401, (int)Problem(await stranger.Post("/mcp", Create))["status"]!);
        Assert.Equal(2, Result(await stranger.Post("/mcp", List))["tools"]!.AsArray().Count);
        Assert.Equal(0, (int)(await couches.Open.Anyone.Get("/couch/invites?createdBy=page")).Json["count"]!);
    }

    [Fact]
    public async Task A_trusted_proxy_makes_no_tool_a_hosts()
    {
        await using var trusting = await CouchHost.Start("--COUCH_TRUSTED_PROXIES=127.0.0.1");

        var stranger = Speaking(trusting.Anyone).Sending("X-Forwarded-For", "127.0.0.1");
        Assert.Equal(401, (int)Problem(await stranger.Post("/mcp", Create))["status"]!);
    }

    [Fact]
    public async Task The_couchs_own_pages_may_ask() =>
        (await Speaking(couches.Open.Anyone).Sending("Origin", couches.Open.Address.GetLeftPart(UriPartial.Authority))
            .Sending("Sec-Fetch-Site", "same-origin").Post("/mcp", List)).Is(200);

    [Fact]
    public async Task A_bearer_that_is_neither_a_token_nor_a_host_key_is_told_so()
    {
        foreach (var bearer in new[] { "a wrong key", KeyedCouchHost.Key + "!", "couch_x", "inv_x" })
        {
            var refused = (await Speaking(couches.Keyed.With(bearer)).Post("/mcp", List)).Refuses(
                401, "Unauthorized — this is not a host key of this couch");
            Assert.Equal("Bearer", refused.Header("WWW-Authenticate"));
        }
    }

    [Fact]
    public async Task A_call_is_counted_where_its_endpoint_is_and_everything_else_once()
    {
        await using var couch = await CouchHost.Start(
            $"--COUCH_AUTH_TOKEN={KeyedCouchHost.Key}", "--COUCH_STATUS_PER_MINUTE=2", "--COUCH_REDEEMS_PER_MINUTE=1");
        var (anyone, host) = (Speaking(couch.Anyone), Speaking(couch.With(KeyedCouchHost.Key)));
        const string stay = """{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"my_stay"}}""";

        Assert.Equal("invite not found", Problem(await anyone.Post("/mcp", Redeem))["error"]!.ToString());
        var refused = await anyone.Post("/mcp", Redeem);
        Assert.Equal(429, (int)Problem(refused)["status"]!);
        Assert.Matches(@"call again in \d+ seconds", Result(refused)["content"]![0]!["text"]!.ToString());
        (await couch.Anyone.Post("/couch/redeem", new { code = "inv_x", name = "a" })).Refuses(429);

        Assert.Equal(400, (int)Problem(await anyone.Post("/mcp", stay))["status"]!);
        Assert.Equal(2, Result(await anyone.Post("/mcp", List))["tools"]!.AsArray().Count);
        Assert.Equal(429, (int)Problem(await anyone.Post("/mcp", stay))["status"]!);
        Assert.Equal("2", (await anyone.Post("/mcp", List)).Refuses(429).Header("RateLimit-Limit"));
        (await couch.Anyone.Get("/couch/status")).Refuses(429);

        for (var i = 0; i < 4; i++)
            Assert.Equal(8, Result(await host.Post("/mcp", List))["tools"]!.AsArray().Count);
    }

    [Fact]
    public async Task A_strangers_call_of_a_hosts_tool_is_counted_and_the_hosts_own_is_not()
    {
        await using var couch = await CouchHost.Start(
            $"--COUCH_AUTH_TOKEN={KeyedCouchHost.Key}", "--COUCH_STATUS_PER_MINUTE=2", "--COUCH_REDEEMS_PER_MINUTE=1");
        var (anyone, host) = (Speaking(couch.Anyone), Speaking(couch.With(KeyedCouchHost.Key)));

        for (var i = 0; i < 4; i++)
            Assert.Equal("page", Result(await host.Post("/mcp", Create))["structuredContent"]!["createdBy"]!.ToString());
        Assert.Equal(401, (int)Problem(await anyone.Post("/mcp", Create))["status"]!);
        Assert.Equal(401, (int)Problem(await Speaking(couch.With("guest_x")).Post("/mcp", Create))["status"]!);
        (await anyone.Post("/mcp", Create)).Refuses(429);
        (await couch.Anyone.Get("/couch/status")).Refuses(429);
        Assert.Equal("invite not found", Problem(await anyone.Post("/mcp", Redeem))["error"]!.ToString());
    }

    [Fact]
    public async Task What_a_tool_and_the_protocol_refuse_by_themselves_is_counted_as_a_refusal()
    {
        await using var couch = await CouchHost.Start($"--COUCH_AUTH_TOKEN={KeyedCouchHost.Key}");
        using var reading = new MeterReading(couch.App.Services.GetRequiredService<IMeterFactory>());
        var host = couch.With(KeyedCouchHost.Key);

        Assert.Equal(400, (int)Problem(await host.Tool("list_invites", new { label = Code }))["status"]!);
        Assert.Equal(1, reading.Sum("couch.refusals wrong"));
        (await host.Sending("Accept", "text/plain").Post("/mcp", List)).Is(406);
        Assert.Equal(1, reading.Sum("couch.refusals plain"));
        // An endpoint's refusal is counted there.
        Assert.Equal(400, (int)Problem(await host.Tool("list_invites", new { status = "asleep" }))["status"]!);
        Assert.Equal((2, 1), (reading.Sum("couch.refusals wrong"), reading.Sum("couch.refusals plain")));
    }

    [Theory]
    [InlineData("""{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{"arguments":{"code":"SECRET"}}}""")]
    [InlineData("""{"jsonrpc":"2.0","id":1,"method":"tools/list","arguments":["SECRET"]}""")]
    [InlineData("""{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"my_stay","_meta":{"arguments":{"SECRET":1}}}}""")]
    [InlineData("""{"jsonrpc":"2.0","id":1,"result":{"arguments":"SECRET"}}""")]
    public async Task A_secret_is_in_its_place_only_in_the_arguments_of_a_call(string message) =>
        (await Speaking(couches.Open.Anyone).Post("/mcp", message.Replace("SECRET", Code, StringComparison.Ordinal))).Refuses(
            400, "codes, tokens and keys belong in a tool's arguments or in the bearer alone");

    [Theory]
    [InlineData(400, """{"jsonrpc":"2.0","id":1,"method":5}""")]
    [InlineData(400, """{"jsonrpc":"2.0","id":"inv_0123456789012345678901234567890123456789","method":"tools/list"}""")]
    // A call that asks for no answer, and one whose caller takes none (by its Accept).
    [InlineData(202, """{"jsonrpc":"2.0","method":"tools/call","params":{"name":"my_stay"}}""")]
    [InlineData(406, """{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"my_stay"}}""")]
    public async Task What_is_refused_before_an_endpoint_sees_it_is_counted_too(int status, string message)
    {
        await using var couch = await CouchHost.Start($"--COUCH_AUTH_TOKEN={KeyedCouchHost.Key}", "--COUCH_STATUS_PER_MINUTE=2");
        var (anyone, host) = (Speaking(couch.Anyone), Speaking(couch.With(KeyedCouchHost.Key)));
        if (status == 406)
            (anyone, host) = (couch.Anyone.Sending("Accept", "text/plain"), couch.With(KeyedCouchHost.Key).Sending("Accept", "text/plain"));

        for (var i = 0; i < 3; i++)
            (await host.Post("/mcp", message)).Is(status);
        for (var i = 0; i < 2; i++)
            (await anyone.Post("/mcp", message)).Is(status);

        (await Speaking(couch.Anyone).Post("/mcp", List)).Refuses(429);
        (await couch.Anyone.Get("/couch/status")).Refuses(429);
    }

    [Fact]
    public async Task Only_a_post_is_answered_and_no_cache_keeps_it()
    {
        foreach (var method in new[] { HttpMethod.Get, HttpMethod.Delete, HttpMethod.Put })
            Assert.Contains("POST", (await Speaking(couches.Open.Anyone).Send(method, "/mcp")).Refuses(405).ContentHeaders.Allow);
        var listed = (await Speaking(couches.Open.Anyone).Post("/mcp", List)).Is(200);
        Assert.Contains("no-store", listed.Header("Cache-Control"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_message_over_64_KiB_is_refused() =>
        (await Speaking(couches.Open.Anyone).Post("/mcp", List[..^1] + ",\"x\":\"" + new string('a', 64 * 1024) + "\"}")).Refuses(
            413, "the body must not exceed 64 KiB");

    private static Caller Speaking(Caller caller) => caller.Sending("Accept", "application/json, text/event-stream");

    private static JsonNode Problem(Answer answer) => JsonNode.Parse(Result(answer)["content"]![1]!["text"]!.ToString())!;

    private static JsonNode Result(Answer answer)
    {
        Assert.Equal(HttpStatusCode.OK, (HttpStatusCode)answer.Status);
        return JsonNode.Parse(answer.Body[answer.Body.IndexOf('{', StringComparison.Ordinal)..])!["result"]!;
    }

    /// <summary>An open couch, and one with a host key.</summary>
    public sealed class Couches : IAsyncLifetime
    {
        public CouchHost Open { get; } = new();

        public KeyedCouchHost Keyed { get; } = new();

        public async ValueTask InitializeAsync()
        {
            await Open.InitializeAsync();
            await Keyed.InitializeAsync();
        }

        public async ValueTask DisposeAsync()
        {
            await Open.DisposeAsync();
            await Keyed.DisposeAsync();
        }
    }
}
