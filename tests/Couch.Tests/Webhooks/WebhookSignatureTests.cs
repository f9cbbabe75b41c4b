using System.Text;
using Couch.Domain.Capabilities;
using Couch.Domain.Webhooks;
using Couch.Tests.Support;
using Xunit;

namespace Couch.Tests.Webhooks;

/// <summary>Signatures against those that the Standard Webhooks project has published, and where secrets come from.</summary>
public sealed class WebhookSignatureTests
{
    /// <summary>From libraries/go/webhook_test.go and libraries/rust/src/lib.rs of standard-webhooks/standard-webhooks.</summary>
    [Theory]
    [InlineData(
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, """{"test": 2432232314}""",
        "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=")]
    [InlineData(
        "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD", "msg_27UH4WbU6Z5A5EzD8u03UvzRbpk", 1649367553,
        """{"email":"test@example.com","username":"test_user"}""", "v1,tZ1I4/hDygAJgO5TYxiSd6Sd0kDW6hPenDe+bTa3Kkw=")]
    public void A_signature_is_the_published_one(string secret, string id, long timestamp, string body, string signature)
    {
        Assert.True(WebhookSecret.TryParse(secret, out var read));
        Assert.Equal(signature, read.Sign(id, timestamp, Encoding.UTF8.GetBytes(body)));
        Assert.Equal((secret, "whsec_(redacted)"), (read.Reveal(), read.ToString()));
    }

    [Theory]
    [InlineData("")]
    [InlineData("whsec_")]
    [InlineData("whsec_***")]
    [InlineData("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")]
    public void What_is_no_secret_is_not_read_as_one(string text) => Assert.False(WebhookSecret.TryParse(text, out _));

    [Fact]
    public void A_secret_is_of_one_webhook_and_one_key_and_outlives_an_exchange_of_keys()
    {
        var (old, other) = (Some.Key(), Some.Key());
        var id = WebhookId.New(Some.Time, Some.Random);
        var secret = Assert.Single(Some.KeysOf(old).SecretsOf(id)).Reveal();

        Assert.Matches("^whsec_[A-Za-z0-9+/]{43}=$", secret);
        Assert.Equal(secret, Some.KeysOf(old).SecretsOf(id)[0].Reveal());
        Assert.NotEqual(secret, Some.KeysOf(old).SecretsOf(WebhookId.New(Some.Time, Some.Random))[0].Reveal());
        var both = Some.KeysOf(other, old).SecretsOf(id).Select(each => each.Reveal()).ToList();
        Assert.Equal(2, both.Distinct().Count());
        Assert.Equal(secret, both[1]);
    }
}
