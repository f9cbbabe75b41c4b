using Couch.Gateway.Requests;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.HttpOverrides;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.Primitives;
using Microsoft.Net.Http.Headers;

namespace Couch.Gateway.Secrecy;

/// <summary>
/// Removes secrets from a request wherever the protocol does not read them, before any other code sees the request. Whatever logs or traces
/// it afterwards, including the framework's own diagnostics and what is propagated to others, cannot reveal them.
/// </summary>
internal static class DiscreetRequest
{
    private const string Redacted = "(redacted)";

    public static void Clean(this Redaction redaction, IFeatureCollection features)
    {
        var request = features.GetRequiredFeature<IHttpRequestFeature>();
        if (redaction.Finds(request.Method, out _))
            request.Method = "REDACTED";
        if (redaction.Finds(request.Path, out var path))
            request.Path = path;
        if (IsToldBy(request.QueryString, redaction))
        {
            // Endpoints still read what was sent: without a filter that only looks like a secret they would answer the whole list.
            features.Set<IQueryFeature>(new QueryFeature(new QueryCollection(QueryHelpers.ParseQuery(request.QueryString))));
            request.QueryString = $"?{Redacted}";
        }

        if (path is not null || IsToldBy(request.RawTarget, redaction))
            request.RawTarget = request.Path + request.QueryString;
        Clean(request.Headers, redaction);
    }

    /// <summary>Whether a secret is in a text as it stands in a URL.</summary>
    public static bool IsToldBy(string text, Redaction redaction) =>
        redaction.Finds(text, out _) || (text.Contains('%', StringComparison.Ordinal) && redaction.Finds(Uri.UnescapeDataString(text),
            out _));

    private static void Clean(IHeaderDictionary headers, Redaction redaction)
    {
        List<(string Name, StringValues Clean)>? told = null;
        foreach (var (name, values) in headers)
        {
            if (IsLeft(name))
                continue;
            if (redaction.Finds(name, out _))
                (told ??= []).Add((name, StringValues.Empty));
            else if (IsToldBy(values, redaction))
                (told ??= []).Add((name, IsForwarding(name) ? WithoutSecrets(values, redaction) : Redacted));
        }

        foreach (var (name, clean) in told ?? [])
            headers[name] = clean;
    }

    private static bool IsToldBy(StringValues values, Redaction redaction)
    {
        foreach (var value in values)
        {
            if (value is not null && IsToldBy(value, redaction))
                return true;
        }

        return false;
    }

    /// <summary>
    /// The list without those of its elements that tell a secret. Each hop adds an element behind the client's own: what a proxy says of
    /// the client's address stays, whatever the client has sent.
    /// </summary>
    private static string WithoutSecrets(StringValues list, Redaction redaction)
    {
        var elements = list.ToString().Split(',', StringSplitOptions.TrimEntries);
        var clean = string.Join(", ", elements.Select(element => IsToldBy(element, redaction) ? Redacted : element));
        return IsToldBy(clean, redaction) ? Redacted : clean;
    }

    /// <summary>The headers in which trusted proxies say who calls, and how.</summary>
    private static bool IsForwarding(string name) =>
        Is(name, ForwardedHeadersDefaults.XForwardedForHeaderName) || Is(name, ForwardedHeadersDefaults.XForwardedProtoHeaderName);

    /// <summary>
    /// The headers that the protocol reads secrets from, which nothing logs or traces, and the body's type, which nothing traces: without
    /// it the body could not be read.
    /// </summary>
    private static bool IsLeft(string name) =>
        Is(name, HeaderNames.Authorization) || Is(name, IdempotencyKeys.Header) || Is(name, HeaderNames.ContentType);

    private static bool Is(string name, string header) => name.Equals(header, StringComparison.OrdinalIgnoreCase);
}
