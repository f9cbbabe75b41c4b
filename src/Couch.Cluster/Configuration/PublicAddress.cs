using System.Text.RegularExpressions;

namespace Couch.Cluster.Configuration;

/// <summary>COUCH_PUBLIC_URL: the couch's address as guests and their agents reach it.</summary>
internal static partial class PublicAddress
{
    private const string Name = "COUCH_PUBLIC_URL";
    private const int MostCharacters = 512;

    /// <summary>Null where it is not set, or is wrong; <paramref name="settings"/> then has the error.</summary>
    public static string? Read(Settings settings)
    {
        if (settings.Text(Name) is not { } text)
            return null;
        if (text.Length <= MostCharacters && Address().IsMatch(text) && Uri.TryCreate(text, UriKind.Absolute, out _))
            return text.TrimEnd('/');
        // Not quoted: what is wrong with it may be that it holds a password.
        settings.Wrong(Name, "must be an address like https://couch.example, of http or https, without a user, a query or a fragment");
        return null;
    }

    /// <summary>Stands between single quotes in commands that somebody runs, and as a line of a file that a shell reads.</summary>
    [GeneratedRegex(@"^https?://(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?(?:/[A-Za-z0-9._~%/-]*)?\z")]
    private static partial Regex Address();
}
