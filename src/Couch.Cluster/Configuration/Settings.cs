using System.Globalization;
using Microsoft.Extensions.Configuration;

namespace Couch.Cluster.Configuration;

/// <summary>
/// Reads settings by their environment names and collects all errors, so that an operator gets them in one message. A blank value
/// counts as not set.
/// </summary>
public sealed class Settings(IConfiguration configuration)
{
    private const string FileSuffix = "_FILE";

    private readonly List<string> errors = [];
    private readonly HashSet<string> asked = [];
    private readonly HashSet<string> secrets = [];

    /// <summary>Every setting that has been asked for: what the table in docs/configuration.md must list.</summary>
    public IReadOnlyCollection<string> Asked => asked;

    /// <summary>Those of <see cref="Asked"/> that may be given in a file.</summary>
    public IReadOnlyCollection<string> Secrets => secrets;

    /// <summary>The setting's value without the blanks around it; null where it is not set, or blank.</summary>
    public string? Text(string name)
    {
        asked.Add(name);
        return string.IsNullOrWhiteSpace(configuration[name]) ? null : configuration[name]!.Trim();
    }

    /// <summary>
    /// A secret, or a value that is exchanged together with one: given under its name, or in a file whose path is given under the
    /// name with <c>_FILE</c> appended.
    /// </summary>
    public string? Secret(string name)
    {
        secrets.Add(name);
        var (text, file) = (Text(name), configuration[name + FileSuffix]);
        if (string.IsNullOrWhiteSpace(file))
            return text;
        if (text is not null)
        {
            Wrong(name, $"and {name}{FileSuffix} are both set: unset one of them");
            return text;
        }

        try
        {
            return File.ReadAllText(file.Trim()).Trim() is { Length: > 0 } secret ? secret : null;
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException or ArgumentException)
        {
            Wrong(name + FileSuffix, $"names a file that cannot be read: {unreadable.Message}");
            return null;
        }
    }

    /// <summary>The errors so far, one sentence each; empty when there are none.</summary>
    public IReadOnlyList<string> Errors => errors;

    /// <summary>A whole number from <paramref name="least"/> to <paramref name="most"/>.</summary>
    public int Whole(string name, int otherwise, int least, int most)
    {
        if (Text(name) is not { } text)
            return otherwise;
        if (int.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value) && value >= least
            && value <= most)
            return value;
        Wrong(name, $"must be a whole number from {least} to {most}, not '{text}'");
        return otherwise;
    }

    /// <summary>Yes or no, in the usual spellings.</summary>
    public bool YesOrNo(string name, bool otherwise)
    {
        switch (Text(name)?.ToLowerInvariant())
        {
            case null:
                return otherwise;
            case "true" or "yes" or "1":
                return true;
            case "false" or "no" or "0":
                return false;
            case var text:
                Wrong(name, $"must be true or false, not '{text}'");
                return otherwise;
        }
    }

    /// <summary>Says that a setting is wrong. The reason must not quote a secret.</summary>
    public void Wrong(string name, string reason) => errors.Add($"{name} {reason}");

    /// <summary>Throws one exception whose message lists all errors, if there are any.</summary>
    public void ThrowIfWrong()
    {
        if (errors.Count > 0)
            throw new SettingsException(string.Join(Environment.NewLine, errors.Select(error => "  - " + error)));
    }
}

/// <summary>The couch cannot start with its configuration. The message is for the operator, and is complete.</summary>
public sealed class SettingsException(string wrong) : Exception($"Couch cannot start:{Environment.NewLine}{wrong}")
{
    /// <summary>What is wrong, for whoever does something else than start.</summary>
    public string Wrong => wrong;
}
