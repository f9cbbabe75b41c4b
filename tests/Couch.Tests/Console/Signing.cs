using Couch.Gateway.Console;
using Couch.Tests.Support;
using Xunit;

namespace Couch.Tests.Console;

/// <summary>Signing in as the console's page does, and asking by its cookie.</summary>
internal static class Signing
{
    public const string SignIn = "/couch/console/sign-in";

    /// <summary>The same caller, as a page of the console sends its requests.</summary>
    public static Caller AsConsole(this Caller caller) => caller.Sending(ConsoleSessions.Header, "1");

    /// <summary>Whoever has this session's cookie.</summary>
    public static Caller By(this CouchHost couch, string session) =>
        couch.Anyone.Sending("Cookie", $"{ConsoleCookie.Name}={session}");

    /// <summary>The session of whoever signs in with this host key.</summary>
    public static async Task<string> SignInWith(this CouchHost couch, string key) =>
        SessionOf((await couch.Anyone.AsConsole().Post(SignIn, new { key })).Is(200));

    /// <summary>The session that an answer gives to the browser.</summary>
    public static string SessionOf(Answer answer)
    {
        var cookie = Assert.Single(answer.Headers.GetValues("Set-Cookie"));
        Assert.StartsWith($"{ConsoleCookie.Name}=couch_session_", cookie, StringComparison.Ordinal);
        return cookie[(ConsoleCookie.Name.Length + 1)..cookie.IndexOf(';', StringComparison.Ordinal)];
    }
}
