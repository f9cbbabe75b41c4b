using Microsoft.AspNetCore.Http.Features;

namespace Couch.Gateway.Access;

/// <summary>
/// The <c>token</c> and the <c>code</c> of a query string, taken out of it before anybody could log it or hang it on a
/// trace: the host's own diagnostics do both as soon as a request's context exists. Endpoints find them here.
/// </summary>
internal sealed class QueryCapabilities
{
    public const string Token = "token";
    public const string Code = "code";

    private readonly List<(string Name, string Value)> taken = [];

    /// <summary>Every value that was sent under <paramref name="name"/>.</summary>
    public static IEnumerable<string> Of(HttpContext context, string name) =>
        context.Features.Get<QueryCapabilities>()?.taken.Where(pair => pair.Name == name).Select(pair => pair.Value) ?? [];

    public static void TakeFrom(IFeatureCollection features)
    {
        var request = features.GetRequiredFeature<IHttpRequestFeature>();
        if (request.QueryString is not { Length: > 1 } query)
            return;

        var capabilities = new QueryCapabilities();
        var kept = query[1..].Split('&').Where(pair => !capabilities.Take(pair)).ToList();
        if (capabilities.taken.Count == 0)
            return;

        request.QueryString = kept.Count == 0 ? "" : "?" + string.Join('&', kept);
        var target = request.RawTarget;
        if (target.IndexOf('?', StringComparison.Ordinal) is >= 0 and var mark)
            request.RawTarget = target[..mark] + request.QueryString;
        features.Set(capabilities);
    }

    private bool Take(string pair)
    {
        var equals = pair.IndexOf('=', StringComparison.Ordinal);
        var name = Decode(equals < 0 ? pair : pair[..equals]);
        // Names of a query are read without regard to case, here as by the framework.
        var known = name.Equals(Token, StringComparison.OrdinalIgnoreCase) ? Token : name.Equals(Code, StringComparison.OrdinalIgnoreCase) ? Code : null;
        if (known is null)
            return false;
        taken.Add((known, equals < 0 ? "" : Decode(pair[(equals + 1)..])));
        return true;
    }

    private static string Decode(string text) => Uri.UnescapeDataString(text.Replace('+', ' '));
}

/// <summary>Makes a request's context as the framework does, once its capabilities are out of sight.</summary>
internal sealed class DiscreetContextFactory(IServiceProvider services) : IHttpContextFactory
{
    private readonly DefaultHttpContextFactory factory = new(services);

    public HttpContext Create(IFeatureCollection featureCollection)
    {
        QueryCapabilities.TakeFrom(featureCollection);
        return factory.Create(featureCollection);
    }

    public void Dispose(HttpContext httpContext) => factory.Dispose(httpContext);
}

internal static class QueryCapabilitiesHosting
{
    public static void AddQueryCapabilities(this IServiceCollection services) =>
        services.AddSingleton<IHttpContextFactory, DiscreetContextFactory>();
}
