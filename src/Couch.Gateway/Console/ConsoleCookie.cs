using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Primitives;

namespace Couch.Gateway.Console;

/// <summary>
/// The console's cookie, taken out of its request before it can be logged or traced, as the capabilities of a query are. The access check
/// finds it here.
/// </summary>
internal sealed class ConsoleCookie
{
    public const string Name = "couch-console";

    private readonly string value;

    private ConsoleCookie(string value) => this.value = value;

    /// <summary>Null where the request has none, or has two: a page on another name of the same site may have added one.</summary>
    public static string? Of(HttpContext context) => context.Features.Get<ConsoleCookie>()?.value;

    public static void TakeFrom(IFeatureCollection features)
    {
        var headers = features.GetRequiredFeature<IHttpRequestFeature>().Headers;
        // Nearly all requests return here: programs send no cookies.
        if (headers.Cookie is not { Count: > 0 } sent)
            return;

        var (kept, taken) = (new List<string>(), new List<string>());
        foreach (var pair in sent.SelectMany(line => (line ?? "").Split(';', StringSplitOptions.TrimEntries)))
        {
            if (pair.StartsWith(Name + "=", StringComparison.Ordinal))
                taken.Add(pair[(Name.Length + 1)..]);
            else if (pair.Length > 0)
                kept.Add(pair);
        }

        if (taken.Count == 0)
            return;
        headers.Cookie = kept.Count == 0 ? StringValues.Empty : string.Join("; ", kept);
        if (taken is [var only])
            features.Set(new ConsoleCookie(only));
    }

    /// <summary>
    /// Keeps a session in the browser for <paramref name="lifetime"/>. No script can read it, and no page of another site can send it.
    /// </summary>
    public static void Keep(HttpContext context, string session, TimeSpan lifetime) =>
        context.Response.Cookies.Append(Name, session, Options(context, lifetime));

    /// <summary>Has the browser forget its session.</summary>
    public static void Forget(HttpContext context) => context.Response.Cookies.Append(Name, "", Options(context, TimeSpan.Zero));

    private static CookieOptions Options(HttpContext context, TimeSpan lifetime) => new()
    {
        HttpOnly = true,
        SameSite = SameSiteMode.Strict,
        Secure = IsByHttps(context.Request),
        Path = "/",
        // The header has whole seconds, and the framework cuts.
        MaxAge = TimeSpan.FromSeconds(Math.Ceiling(lifetime.TotalSeconds)),
    };

    /// <summary>
    /// A proxy that ends TLS speaks plain HTTP to the couch. The browser itself says by which scheme its page came; whoever says otherwise
    /// spoils nobody's cookie but their own.
    /// </summary>
    private static bool IsByHttps(HttpRequest request) =>
        request.IsHttps || (request.Headers.Origin is [{ } origin] && origin.StartsWith("https://", StringComparison.OrdinalIgnoreCase));
}
