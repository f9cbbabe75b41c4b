using Couch.Domain.Capabilities;
using Couch.Domain.Guests;
using Couch.Domain.Invites;
using Couch.Tests.Support;
using CsCheck;
using Xunit;

namespace Couch.Tests.Domain;

public sealed class CapabilityTests
{
    private readonly InviteId inviteId = InviteId.New(Some.Time, Some.Random);
    private readonly GuestId guestId = GuestId.New(Some.Time, Some.Random);

    [Fact]
    public void A_code_proves_its_invite()
    {
        var keys = Some.Keys();
        Assert.True(keys.TryVerifyCode(keys.Sign(inviteId).Reveal(), out var id));
        Assert.Equal(inviteId, id);
    }

    [Fact]
    public void A_token_proves_its_guest()
    {
        var keys = Some.Keys();
        Assert.True(keys.TryVerifyToken(keys.Sign(guestId).Reveal(), out var id));
        Assert.Equal(guestId, id);
    }

    [Fact]
    public void A_capability_is_a_prefix_and_64_characters_of_base64url()
    {
        Assert.Matches("^inv_[A-Za-z0-9_-]{64}$", Some.Keys().Sign(inviteId).Reveal());
        Assert.Matches("^guest_[A-Za-z0-9_-]{64}$", Some.Keys().Sign(guestId).Reveal());
    }

    [Fact]
    public void A_code_is_no_token_even_under_the_other_prefix()
    {
        var keys = Some.Keys();
        var code = keys.Sign(inviteId).Reveal();
        Assert.False(keys.TryVerifyToken(GuestToken.Prefix + code[InviteCode.Prefix.Length..], out _));
    }

    [Fact]
    public void A_code_of_another_couch_is_forged() =>
        Assert.False(Some.Keys().TryVerifyCode(Some.Keys().Sign(inviteId).Reveal(), out _));

    [Fact]
    public void Changing_any_one_character_forges_a_code()
    {
        var keys = Some.Keys();
        var code = keys.Sign(inviteId).Reveal();
        for (var i = 0; i < code.Length; i++)
        {
            foreach (var other in "AQgwz059-_ =+/%")
            {
                if (other != code[i])
                    Assert.False(keys.TryVerifyCode(code[..i] + other + code[(i + 1)..], out _), $"position {i}, '{other}'");
            }
        }
    }

    [Fact]
    public void Whatever_else_is_sent_as_a_code_is_refused_without_an_exception()
    {
        var keys = Some.Keys();
        Gen.String[Gen.Char, 0, 80].Sample(text => !keys.TryVerifyCode(text, out _) && !keys.TryVerifyToken("guest_" + text, out _));
    }

    [Fact]
    public void The_first_key_signs_and_every_key_verifies()
    {
        var (old, young) = (Some.Key(), Some.Key());
        var signedByOld = Some.KeysOf(old).Sign(inviteId).Reveal();
        var rotated = Some.KeysOf(young, old);

        Assert.True(rotated.TryVerifyCode(signedByOld, out _));
        Assert.Equal(Some.KeysOf(young).Sign(inviteId).Reveal(), rotated.Sign(inviteId).Reveal());
        Assert.False(Some.KeysOf(young).TryVerifyCode(signedByOld, out _));
    }

    [Theory]
    [InlineData("not base64!")]
    [InlineData("c2hvcnQ=")]
    [InlineData("")]
    public void A_key_that_is_no_key_is_refused_without_being_quoted(string key)
    {
        Assert.False(SigningKeys.TryParse(key, out _, out var why));
        if (key.Length > 0)
            Assert.DoesNotContain(key, why, StringComparison.Ordinal);
    }

    [Fact]
    public void Capabilities_redact_themselves()
    {
        var keys = Some.Keys();
        Assert.Equal("inv_(redacted)", $"{keys.Sign(inviteId)}");
        Assert.Equal("guest_(redacted)", $"{keys.Sign(guestId)}");
    }

    [Fact]
    public void An_id_has_one_spelling_and_knows_its_millisecond()
    {
        Assert.True(InviteId.TryParse(inviteId.Value, out _));
        Assert.False(InviteId.TryParse(inviteId.Value.ToLowerInvariant(), out _));
        Assert.False(InviteId.TryParse("8" + inviteId.Value[1..], out _));
        Assert.False(InviteId.TryParse(inviteId.Value + "0", out _));
        Assert.Equal(Some.Time, inviteId.CreatedAt);
    }
}
