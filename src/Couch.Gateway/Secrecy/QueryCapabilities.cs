using System.Text;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Primitives;

namespace Couch.Gateway.Secrecy;

/// <summary>
/// The <c>token</c> and the <c>code</c> of a query string, removed from it before they can be logged or added to a trace: the framework's
/// own diagnostics do both as soon as a request's context exists. Endpoints find them here.
/// </summary>
internal sealed class QueryCapabilities
{
    public const string Token = "token";
    public const string Code = "code";

    private StringValues token;
    private StringValues code;

    /// <summary>Every value that was sent under <paramref name="name"/>, <see cref="Token"/> or <see cref="Code"/>.</summary>
    public static StringValues Of(HttpContext context, string name) =>
        context.Features.Get<QueryCapabilities>() is { } taken ? (name == Token ? taken.token : taken.code) : StringValues.Empty;

    public static void TakeFrom(IFeatureCollection features)
    {
        var request = features.GetRequiredFeature<IHttpRequestFeature>();
        if (request.QueryString is not { Length: > 1 } query)
            return;

        var taken = new QueryCapabilities();
        var kept = new StringBuilder();
        foreach (var range in query.AsSpan(1).Split('&'))
        {
            var pair = query.AsSpan(1)[range];
            if (!taken.Take(pair))
                kept.Append(kept.Length == 0 ? '?' : '&').Append(pair);
        }

        if (taken.token.Count + taken.code.Count == 0)
            return;

        request.QueryString = kept.ToString();
        if (request.RawTarget.IndexOf('?', StringComparison.Ordinal) is >= 0 and var mark)
            request.RawTarget = string.Concat(request.RawTarget.AsSpan(0, mark), request.QueryString);
        features.Set(taken);
    }

    private bool Take(ReadOnlySpan<char> pair)
    {
        var equals = pair.IndexOf('=');
        var name = Decode(equals < 0 ? pair : pair[..equals]);
        // Names of a query are read without regard to case, here as by the framework.
        var isToken = name.Equals(Token, StringComparison.OrdinalIgnoreCase);
        if (!isToken && !name.Equals(Code, StringComparison.OrdinalIgnoreCase))
            return false;

        ref var values = ref isToken ? ref token : ref code;
        values = StringValues.Concat(values, equals < 0 ? "" : Decode(pair[(equals + 1)..]).ToString());
        return true;
    }

    private static ReadOnlySpan<char> Decode(ReadOnlySpan<char> text) =>
        text.ContainsAny('%', '+') ? Uri.UnescapeDataString(text.ToString().Replace('+', ' ')) : text;
}
