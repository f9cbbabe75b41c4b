using Couch.Client;
using Couch.Tests.Support;
using Xunit;

namespace Couch.Tests.Client;

/// <summary>What a host's program hands to a guest's agent.</summary>
public sealed class JoinClientTests(KeyedCouchHost couch) : IClassFixture<KeyedCouchHost>
{
    private const string Text = "COUCH_CODE='inv_...'\n";

    [Fact]
    public async Task The_link_and_the_text_have_the_code_and_what_is_sent_has_neither_a_code_nor_a_key()
    {
        using var http = new HttpClient();
        var client = new CouchClient(http, new() { Address = couch.Address, HostKey = KeyedCouchHost.Key });
        var invite = await client.Invites.Create(new() { CreatedBy = "noah" });

        var join = await client.Join();
        Assert.Equal(new Uri(couch.Address, "join"), join.Page);
        Assert.Equal($"{couch.Address}join#{invite.Code.Reveal()}", join.LinkFor(invite.Code));
        Assert.DoesNotContain(invite.Code.Reveal(), $"{join} {join.Text}", StringComparison.Ordinal);
        Assert.Contains($"\nCOUCH_CODE='{invite.Code.Reveal()}'\n", join.TextFor(invite.Code), StringComparison.Ordinal);
    }

    [Fact]
    public async Task It_asks_for_the_text_without_the_key()
    {
        using var stub = new StubCouch();
        stub.Says(() => Answer("<https://couch.example/under/join>; rel=\"canonical\"", Text));

        var join = await stub.Client().Join();
        Assert.Equal("https://couch.example/under/join#inv_abc", join.LinkFor("inv_abc"));
        var (line, headers, _) = Assert.Single(stub.Seen);
        Assert.Equal("GET /under/join", line);
        Assert.Null(headers.Authorization);
        Assert.Equal("text/markdown", headers.Accept.First().MediaType);
    }

    [Theory]
    [InlineData("", Text)]
    [InlineData("<https://couch.example/join>; rel=\"alternate\"", Text)]
    [InlineData("<join>; rel=\"canonical\"", Text)]
    [InlineData("<javascript:alert(1)>; rel=\"canonical\"", Text)]
    [InlineData("<https://couch.example/join>; rel=\"canonical\"", "<html>Sign in to this network</html>")]
    public async Task What_is_no_such_text_is_not_taken_for_one(string link, string text)
    {
        using var stub = new StubCouch();
        stub.Says(() => Answer(link, text));

        await Assert.ThrowsAnyAsync<CouchException>(() => stub.Client().Join());
    }

    [Theory]
    [InlineData("https://couch.example", "http://couch.example", "https://couch.example")]
    [InlineData("https://couch.example:8443/at", "http://couch.example:8443/at", "https://couch.example:8443/at")]
    // Another address than the one that was asked is the couch's own word, and so is one that was asked in the clear.
    [InlineData("https://couch.example", "http://other.example", "http://other.example")]
    [InlineData("https://couch.example", "http://couch.example:8080", "http://couch.example:8080")]
    [InlineData("https://couch.example", "https://couch.example", "https://couch.example")]
    [InlineData("http://couch.example", "http://couch.example", "http://couch.example")]
    public async Task What_was_reached_by_tls_is_handed_over_as_that_though_the_couch_does_not_know_of_it(
        string asked, string told, string handed)
    {
        using var stub = new StubCouch();
        stub.Says(() => Answer($"<{told}/join>; rel=\"canonical\"", $"This one is at {told}.\n{Text}curl '{told}/couch/redeem'\n"));

        var join = await stub.Client(options => options.Address = new(asked)).Join();

        Assert.Equal($"{handed}/join#inv_abc", join.LinkFor("inv_abc"));
        Assert.Equal($"This one is at {handed}.\nCOUCH_CODE='inv_abc'\ncurl '{handed}/couch/redeem'\n", join.TextFor("inv_abc"));
    }

    [Theory]
    [InlineData("guest_abc")]
    [InlineData("inv_'; id; '")]
    [InlineData("inv_")]
    public async Task What_is_no_code_is_put_into_no_command(string code)
    {
        using var stub = new StubCouch();
        stub.Says(() => Answer("<https://couch.example/join>; rel=\"canonical\"", Text));
        var join = await stub.Client().Join();

        Assert.Throws<ArgumentException>(() => join.TextFor(code));
        Assert.Throws<ArgumentException>(() => join.LinkFor(code));
    }

    private static HttpResponseMessage Answer(string link, string text)
    {
        var answer = new HttpResponseMessage { Content = new StringContent(text, null, "text/markdown") };
        if (link.Length > 0)
            answer.Headers.TryAddWithoutValidation("Link", link);
        return answer;
    }
}
