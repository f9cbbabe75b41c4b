using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Text.RegularExpressions;
using Couch.Gateway.Access;

namespace Couch.Gateway.Secrecy;

/// <summary>
/// Takes capabilities and the host key out of text that is about to be told to another party than its sender. Where they stand in
/// their right place the couch never tells them; this is for where a client, or a proxy's error page, has put them in a wrong one.
/// </summary>
internal sealed partial class Redaction
{
    /// <summary>A host key shorter than this is found by chance in ordinary text; it is warned about at start.</summary>
    private const int ShortestHostKey = 8;

    private static readonly string[] Beginnings = ["inv_", "guest_", "couch_", "whsec_", "inv%", "guest%", "couch%", "whsec%"];

    private volatile string[] hostKeys = [];
    private volatile SearchValues<string> suspicious = SearchValues.Create(Beginnings, StringComparison.OrdinalIgnoreCase);

    public Redaction(HttpOptions gateway, ConfiguredHostKey configured)
    {
        Know(gateway.HostKey);
        configured.Exchanged += Know;
    }

    /// <summary>Earlier keys are still not told: who has one may not have heard of the exchange.</summary>
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
        // Nearly all there ever is to say ends here.
        if (text is null || !text.AsSpan().ContainsAny(suspicious))
            return false;

        var redacted = Capability().Replace(text, "$1$2_(redacted)");
        foreach (var hostKey in hostKeys)
            redacted = redacted.Replace(hostKey, "(redacted)", StringComparison.OrdinalIgnoreCase);
        clean = ReferenceEquals(redacted, text) || redacted == text ? null : redacted;
        return clean is not null;
    }

    /// <summary>
    /// Capabilities are 64 characters behind their prefix; a third of one is already not told. What the couch's own names begin
    /// with is longer than they are. The underscore may be escaped, however often.
    /// </summary>
    [GeneratedRegex(
        "(?:(inv|guest|whsec)(?:_|%(?:25)*5F)[A-Za-z0-9_%+/=-]{20,}|(couch)(?:_|%(?:25)*5F)[A-Za-z0-9_%+/=-]{40,})",
        RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex Capability();
}
