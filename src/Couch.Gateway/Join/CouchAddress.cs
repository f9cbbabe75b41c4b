using System.Text.RegularExpressions;
using Couch.Cluster;

namespace Couch.Gateway.Join;

/// <summary>The couch's address as others reach it, for the texts that name it.</summary>
internal static partial class CouchAddress
{
    /// <summary>
    /// <c>COUCH_PUBLIC_URL</c>; without it, the address that this request was sent to. Null where the request's <c>Host</c> is no host name
    /// and no IP address: it stands in commands that somebody runs, so it must hold nothing that a shell reads as more than a text.
    /// </summary>
    public static string? Of(HttpRequest request, CouchOptions options) =>
        options.PublicUrl
        ?? (request.Host.Value is { } host && Host().IsMatch(host) ? $"{(request.IsHttps ? "https" : "http")}://{host}" : null);

    [GeneratedRegex(@"^(?:[A-Za-z0-9._-]{1,255}|\[[0-9A-Fa-f:.]{2,45}\])(?::[0-9]{1,5})?\z")]
    private static partial Regex Host();
}
