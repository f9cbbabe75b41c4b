using System.Text.RegularExpressions;

namespace Couch.Client;

/// <summary>
/// What a host hands to a guest's agent. The couch writes it for everybody alike; the code is put in here, and so is in no address that is
/// sent.
/// </summary>
public sealed partial record JoinText
{
    internal const string MediaType = "text/markdown";

    private const string Place = "COUCH_CODE='inv_...'";

    private JoinText(string text, Uri page) => (Text, Page) = (text, page);

    /// <summary>The text without a code: how to redeem, wait and leave, as commands for a shell with curl.</summary>
    public string Text { get; }

    /// <summary>The page, at the couch's address as others reach it.</summary>
    public Uri Page { get; }

    /// <summary>The link to the page for this code. The code is a fragment, which a client does not send.</summary>
    /// <remarks>It is a secret, as the code is.</remarks>
    public string LinkFor(Secret code) => $"{Page}#{Checked(code)}";

    /// <summary>The text with this code in it.</summary>
    /// <remarks>It is a secret, as the code is.</remarks>
    public string TextFor(Secret code) => Text.Replace(Place, $"COUCH_CODE='{Checked(code)}'", StringComparison.Ordinal);

    /// <param name="asked">
    /// The couch's address, as it was asked. Where TLS ends at a proxy that the couch does not trust, the couch tells <c>http</c>: the text
    /// then says <c>https</c> all the same, so that no code is sent in the clear.
    /// </param>
    internal static async Task<JoinText> Read(HttpResponseMessage response, Uri asked, CancellationToken cancel)
    {
        var link = response.Headers.TryGetValues("Link", out var links) ? string.Join(", ", links) : "";
        var text = await response.Content.ReadAsStringAsync(cancel).ConfigureAwait(false);
        return Canonical().Match(link) is { Success: true } found && Uri.TryCreate(found.Groups[1].Value, UriKind.Absolute, out var page)
            && page.Scheme is "http" or "https" && text.Contains(Place, StringComparison.Ordinal)
            ? AsReached(new(text, page), asked)
            : throw CouchException.Unreadable(response.StatusCode);
    }

    private static JoinText AsReached(JoinText told, Uri asked)
    {
        var (clear, reached) = ($"http://{asked.Authority}", $"https://{asked.Authority}");
        return asked.Scheme is "https" && told.Page.GetLeftPart(UriPartial.Authority) == clear
            ? new(told.Text.Replace(clear, reached, StringComparison.OrdinalIgnoreCase), new Uri(reached + told.Page.PathAndQuery))
            : told;
    }

    /// <summary>It stands in a command: nothing but what a code is made of.</summary>
    private static string Checked(Secret code) => Code().IsMatch(code.Reveal())
        ? code.Reveal()
        : throw new ArgumentException("the code is no invite's code", nameof(code));

    [GeneratedRegex("<([^<>\"]+)>; rel=\"canonical\"")]
    private static partial Regex Canonical();

    [GeneratedRegex(@"^inv_[A-Za-z0-9_-]{1,128}\z")]
    private static partial Regex Code();
}
