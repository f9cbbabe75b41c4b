using System.Diagnostics.CodeAnalysis;
using System.Net.Http.Headers;

namespace Couch.Cluster.Vms.Vers;

/// <summary>The account's key. It leaves this type in one header, and nowhere else.</summary>
public sealed class VersKey
{
    /// <summary>A shorter text is no key, and could not be removed from a text without ruining it.</summary>
    public const int LeastLength = 8;

    private readonly string value;

    private VersKey(string value) => this.value = value;

    internal bool IsSameAs(VersKey other) => value == other.value;

    internal AuthenticationHeaderValue Header => new("Bearer", value);

    /// <summary>
    /// Accepts visible ASCII without spaces: any other character would break the header, and the exception would quote it.
    /// </summary>
    public static bool TryParse(string text, [NotNullWhen(true)] out VersKey? key)
    {
        key = text.Length >= LeastLength && text.All(c => c is > ' ' and <= '~') ? new(text) : null;
        return key is not null;
    }

    /// <summary>Replaces the key in another party's text: providers quote what they refuse.</summary>
    internal string StrikeOut(string text) => text.Replace(value, ToString(), StringComparison.OrdinalIgnoreCase);

    /// <inheritdoc/>
    /// <returns>Always <c>[key]</c>, never the key.</returns>
    public override string ToString() => "[key]";
}
