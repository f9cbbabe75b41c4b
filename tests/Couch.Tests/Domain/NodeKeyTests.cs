using System.Security.Cryptography;
using Couch.Tests.Support;
using Xunit;

namespace Couch.Tests.Domain;

/// <summary>The keys by which processes of the couch prove themselves to each other.</summary>
public sealed class NodeKeyTests
{
    /// <summary>Processes of two versions must agree: never change it.</summary>
    private const string OfThirtyTwoSevens =
        "3059301306072A8648CE3D020106082A8648CE3D03010703420004306650D9D469C399D38E043A6922A620E426" +
        "629E6AA9C3725DF855D8BA074379E18F4E0D7A5BDE6662C281B330063826C414A73DFAA2964F341FAFAA518C81AB";

    [Fact]
    public void A_signing_key_gives_the_same_node_key_in_every_process_and_every_version()
    {
        var sevens = Convert.ToBase64String(Enumerable.Repeat((byte)7, 32).ToArray());

        Assert.Equal(OfThirtyTwoSevens, Convert.ToHexString(Some.KeysOf(sevens).NodeKeys.Single().PublicKey.Span));
    }

    [Fact]
    public void Each_signing_key_has_a_node_key_of_its_own_in_their_order()
    {
        var (first, second) = (Some.Key(), Some.Key());
        var both = Some.KeysOf(first, second).NodeKeys;

        Assert.Equal(2, both.Count);
        Assert.True(both[0].Matches(Some.KeysOf(first).NodeKeys[0].PublicKey.Span));
        Assert.True(both[1].Matches(Some.KeysOf(second).NodeKeys[0].PublicKey.Span));
        Assert.False(both[0].Matches(both[1].PublicKey.Span));
        Assert.False(both[0].Matches(both[0].PublicKey.Span[..^1]));
    }

    [Fact]
    public void The_private_key_is_the_public_keys()
    {
        var key = Some.Keys().NodeKeys[0];
        using var own = key.PrivateKey();
        using var theirs = ECDsa.Create();
        theirs.ImportSubjectPublicKeyInfo(key.PublicKey.Span, out _);
        byte[] message = [1, 2, 3];

        Assert.True(theirs.VerifyData(message, own.SignData(message, HashAlgorithmName.SHA256), HashAlgorithmName.SHA256));
        Assert.Equal(256, own.KeySize);
        Assert.Equal("NodeKey (redacted)", $"{key}");
    }
}
