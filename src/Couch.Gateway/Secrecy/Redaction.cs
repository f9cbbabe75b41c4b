using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Text.RegularExpressions;
using Couch.Gateway.Access;

namespace Couch.Gateway.Secrecy;

/// <summary>
/// Removes capabilities and the host key from text that goes to another party than its sender. The couch never reveals them from their
/// proper places; this is for secrets that a client, or a proxy's error page, has put in a wrong place.
/// </summary>
internal sealed partial class Redaction
{
    /// <summary>
    /// A shorter host key is not redacted: it may be a word of ordinary requests, such as <c>application</c>, which could not be read
    /// without it. It is warned about at start.
    /// </summary>
    private const int ShortestHostKey = HttpOptions.ShortHostKey;

    private static readonly string[] Beginnings = ["inv_", "guest_", "couch_", "whsec_", "inv%", "guest%", "couch%", "whsec%"];

    private volatile string[] hostKeys = [];
    private volatile SearchValues<string> suspicious = SearchValues.Create(Beginnings, StringComparison.OrdinalIgnoreCase);

    public Redaction(HttpOptions http, ConfiguredHostKey configured)
    {
        Know(http.HostKey);
        configured.Exchanged += Know;
    }

    /// <summary>Earlier keys are still redacted: their holders may not know yet that the key was exchanged.</summary>
    private void Know(string? hostKey)
    {
        if (hostKey is not { Length: >= ShortestHostKey })
            return;
        hostKeys = [.. hostKeys, hostKey];
        suspicious = SearchValues.Create([.. Beginnings, .. hostKeys], StringComparison.OrdinalIgnoreCase);
    }

    /// <summary>True where there is a secret in <paramref name="text"/>; then <paramref name="clean"/> is the text without it.</summary>
    public bool Finds(string? text, [NotNullWhen(true)] out string? clean)
    {
        clean = null;
        // Nearly all texts return here.
        if (text is null || !text.AsSpan().ContainsAny(suspicious))
            return false;

        var redacted = Capability().Replace(text, "$1$2_(redacted)");
        foreach (var hostKey in hostKeys)
            redacted = redacted.Replace(hostKey, "(redacted)", StringComparison.OrdinalIgnoreCase);
        clean = ReferenceEquals(redacted, text) || redacted == text ? null : redacted;
        return clean is not null;
    }

    /// <summary>
    /// Capabilities have 64 characters after their prefix; a third of one is already redacted. After <c>couch_</c> more are needed, because
    /// the couch's own names begin with it too. The underscore may be escaped, any number of times.
    /// </summary>
    [GeneratedRegex(
        "(?:(inv|guest|whsec)(?:_|%(?:25)*5F)[A-Za-z0-9_%+/=-]{20,}|(couch)(?:_|%(?:25)*5F)[A-Za-z0-9_%+/=-]{40,})",
        RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Capability();
}
