using Couch.Tests.Support;
using Xunit;

namespace Couch.Tests.Gateway;

/// <summary>A couch without a host key is open to this machine, and to nobody who only seems to be on it.</summary>
public sealed class OpenCouchTests(CouchHost couch) : IClassFixture<CouchHost>
{
    [Theory]
    [InlineData("localhost")]
    [InlineData("LOCALHOST:3000")]
    [InlineData("127.0.0.1:1")]
    [InlineData("127.1.2.3")]
    [InlineData("[::1]:3000")]
    public async Task A_caller_by_a_loopback_name_is_a_host(string name) =>
        (await couch.Anyone.Sending("Host", name).Get("/couch/guests")).Is(200);

    [Theory]
    [InlineData("couch.example")]
    [InlineData("localhost.example:3000")]
    [InlineData("127.0.0.1.example")]
    [InlineData("192.168.1.7:3000")]
    [InlineData("0.0.0.0:3000")]
    public async Task A_page_that_has_rebound_its_name_is_a_stranger(string name) =>
        (await couch.Anyone.Sending("Host", name).Get("/couch/guests")).Refuses(401);

    [Theory]
    [InlineData("X-Forwarded-For", "127.0.0.1")]
    [InlineData("X-Forwarded-Host", "localhost")]
    [InlineData("X-Forwarded-Proto", "http")]
    [InlineData("x-forwarded-anything", "")]
    [InlineData("Forwarded", "for=127.0.0.1")]
    [InlineData("X-Original-For", "127.0.0.1")]
    [InlineData("X-Original-URL", "/")]
    [InlineData("X-Real-IP", "127.0.0.1")]
    [InlineData("Via", "1.1 proxy")]
    [InlineData("True-Client-IP", "127.0.0.1")]
    public async Task A_request_that_a_proxy_has_passed_on_is_a_strangers(string header, string value) =>
        (await couch.Anyone.Sending(header, value).Get("/couch/guests")).Refuses(401);

    [Fact]
    public async Task A_trusted_proxy_makes_nobody_a_host()
    {
        await using var trusting = await CouchHost.Start("--COUCH_TRUSTED_PROXIES=127.0.0.1");

        (await trusting.Anyone.Get("/couch/guests")).Is(200);
        (await trusting.Anyone.Sending("X-Forwarded-For", "127.0.0.1").Get("/couch/guests")).Refuses(401);
    }

    [Fact]
    public async Task Public_endpoints_answer_whoever_asks() =>
        (await couch.Anyone.Sending("X-Forwarded-For", "203.0.113.7").Sending("Host", "couch.example").Get("/health")).Is(200);
}
