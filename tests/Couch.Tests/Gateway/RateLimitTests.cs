using Couch.Tests.Support;
using Xunit;

namespace Couch.Tests.Gateway;

public sealed class RateLimitTests
{
    [Fact]
    public async Task Whoever_asks_too_often_is_told_when_to_ask_again()
    {
        await using var couch = await CouchHost.Start("--COUCH_STATUS_PER_MINUTE=2", "--COUCH_REDEEMS_PER_MINUTE=1");

        (await couch.Anyone.Get("/couch/status")).Refuses(400);
        (await couch.Anyone.Get("/couch/invites/preview")).Refuses(400);
        var refused = (await couch.Anyone.Post("/couch/checkout")).Refuses(429, "too many requests");
        Assert.InRange(int.Parse(refused.Header("Retry-After"), null), 1, 60);
        Assert.Equal("2", refused.Header("RateLimit-Limit"));
        Assert.Equal("0", refused.Header("RateLimit-Remaining"));
        Assert.Equal(refused.Header("Retry-After"), refused.Header("RateLimit-Reset"));

        // Redeems are counted by themselves, the wrong ones too.
        (await couch.Anyone.Post("/couch/redeem", new { code = "inv_x", name = "a" })).Refuses(404);
        Assert.Equal(
            "1", (await couch.Anyone.Post("/couch/redeem", new { code = "inv_x", name = "a" })).Refuses(429).Header("RateLimit-Limit"));

        (await couch.Anyone.Get("/couch/guests")).Is(200);
        (await couch.Anyone.Get("/health")).Is(200);
    }

    [Fact]
    public async Task Behind_a_trusted_proxy_each_client_is_counted_by_itself()
    {
        await using var couch = await CouchHost.Start("--COUCH_STATUS_PER_MINUTE=1", "--COUCH_TRUSTED_PROXIES=127.0.0.0/8, 2001:db8::1");
        async Task Asks(string client, int status) =>
            (await couch.Anyone.Sending("X-Forwarded-For", client).Get("/couch/status")).Refuses(status);

        await Asks("203.0.113.7", 400);
        await Asks("203.0.113.8", 400);
        await Asks("203.0.113.7", 429);
        // A proxy behind a proxy: the first address that no trusted hop vouches for is the client's.
        await Asks("198.51.100.1, 203.0.113.7, 2001:db8::1", 429);
        await Asks("::ffff:203.0.113.8", 429);
        // One household has one /64.
        await Asks("2001:db8:0:7::1", 400);
        await Asks("2001:db8:0:7:ffff::2", 429);
        await Asks("2001:db8:0:8::1", 400);
    }

    [Fact]
    public async Task A_client_cannot_hide_its_address_from_a_trusted_proxys_couch_behind_a_secret()
    {
        await using var couch = await CouchHost.Start("--COUCH_STATUS_PER_MINUTE=1", "--COUCH_TRUSTED_PROXIES=127.0.0.0/8");
        var secret = "inv_" + new string('a', 64);
        async Task Asks(string forwardedFor, int status) =>
            (await couch.Anyone.Sending("X-Forwarded-For", forwardedFor).Get("/couch/status")).Refuses(status);

        // What the client sends stands before what the proxy adds.
        await Asks($"{secret}, 203.0.113.7", 400);
        await Asks($"198.51.100.1, {secret},203.0.113.8", 400);
        await Asks($"{secret}, 203.0.113.7", 429);
        await Asks("203.0.113.8", 429);
    }

    [Fact]
    public async Task A_forwarding_header_from_anybody_else_changes_nothing()
    {
        await using var couch = await CouchHost.Start("--COUCH_STATUS_PER_MINUTE=1");

        (await couch.Anyone.Sending("X-Forwarded-For", "203.0.113.7").Get("/couch/status")).Refuses(400);
        (await couch.Anyone.Sending("X-Forwarded-For", "203.0.113.8").Get("/couch/status")).Refuses(429);
    }

    [Fact]
    public async Task The_description_is_counted_too_and_health_is_not()
    {
        await using var couch = await CouchHost.Start("--COUCH_STATUS_PER_MINUTE=1");

        (await couch.Anyone.Get("/openapi/v1.json")).Is(200);
        (await couch.Anyone.Get("/openapi/v1.json")).Refuses(429);
        (await couch.Anyone.Get("/health")).Is(200);
        (await couch.Anyone.Get("/health/ready")).Is(200);
    }
}
