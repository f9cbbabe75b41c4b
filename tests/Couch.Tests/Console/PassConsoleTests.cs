using System.Security.Cryptography;
using System.Text;
using Couch.Domain.Capabilities;
using Couch.Domain.Keys;
using Couch.Tests.Support;
using Xunit;

namespace Couch.Tests.Console;

/// <summary>What the console's cookie and its sign-in links prove, and to whom.</summary>
public sealed class PassConsoleTests
{
    private static readonly DateTimeOffset End = new(2026, 11, 30, 12, 0, 0, 5, TimeSpan.Zero);
    private static readonly byte[] HostKey = SHA256.HashData("the host key"u8);
    private static readonly byte[] OtherKey = SHA256.HashData("another host key"u8);

    [Fact]
    public void A_pass_comes_back_as_it_was_signed_under_every_key_of_the_list()
    {
        var (older, newer) = (Some.Key(), Some.Key());
        var id = HostKeyId.New(Some.Time, Some.Random);
        foreach (var pass in new ConsolePass[] { new(null, End), new(id, End) })
        {
            var session = Some.KeysOf(older).SignSession(pass, HostKey, Some.Random).Reveal();
            Assert.True(Some.KeysOf($"{newer},{older}").TryVerifySession(session, HostKey, out var read));
            Assert.Equal(pass, read);
            Assert.False(Some.KeysOf(newer).TryVerifySession(session, HostKey, out _));
            Assert.Matches("^couch_session_[A-Za-z0-9_-]{96}$", session);
        }
    }

    [Fact]
    public void The_configured_keys_pass_ends_with_that_key_and_a_made_keys_does_not()
    {
        var signing = Some.KeysOf(Some.Key());
        var configured = signing.SignSession(new(null, End), HostKey, Some.Random).Reveal();
        var made = signing.SignSession(new(HostKeyId.New(Some.Time, Some.Random), End), HostKey, Some.Random).Reveal();

        Assert.False(signing.TryVerifySession(configured, OtherKey, out _));
        Assert.False(signing.TryVerifySession(configured, [], out _));
        Assert.True(signing.TryVerifySession(made, OtherKey, out _));
        Assert.True(signing.TryVerifySession(made, [], out _));
    }

    [Fact]
    public void A_session_is_no_ticket_and_neither_is_another_capability()
    {
        var signing = Some.KeysOf(Some.Key());
        var session = signing.SignSession(new(null, End), HostKey, Some.Random);
        var ticket = signing.SignTicket(new(null, End), HostKey, Some.Random);

        Assert.True(signing.TryVerifyTicket(ticket.Reveal(), HostKey, out _));
        Assert.False(signing.TryVerifyTicket(ConsoleTicket.Prefix + session.Reveal()[ConsoleSession.Prefix.Length..], HostKey, out _));
        Assert.False(signing.TryVerifySession(ConsoleSession.Prefix + ticket.Reveal()[ConsoleTicket.Prefix.Length..], HostKey, out _));
        Assert.False(signing.TryVerifyHostKey(session.Reveal(), out _));
        Assert.Equal(("couch_session_(redacted)", "couch_ticket_(redacted)"), (session.ToString(), ticket.ToString()));
    }

    [Fact]
    public void No_letter_of_a_pass_can_be_changed()
    {
        var signing = Some.KeysOf(Some.Key());
        var session = signing.SignSession(new(HostKeyId.New(Some.Time, Some.Random), End), HostKey, Some.Random).Reveal();
        for (var at = 0; at < session.Length; at++)
        {
            var forged = new StringBuilder(session) { [at] = session[at] == 'A' ? 'B' : 'A' }.ToString();
            Assert.False(signing.TryVerifySession(forged, HostKey, out _), forged);
        }
    }
}
