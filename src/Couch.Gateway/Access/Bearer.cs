namespace Couch.Gateway.Access;

internal static class Bearer
{
    private const string Scheme = "Bearer ";

    /// <summary>The text after <c>Bearer</c>; null where the header is missing, repeated or of another scheme.</summary>
    public static string? Of(HttpRequest request) =>
        request.Headers.Authorization is [{ } header] && header.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase)
            ? header[Scheme.Length..].Trim()
            : null;
}
