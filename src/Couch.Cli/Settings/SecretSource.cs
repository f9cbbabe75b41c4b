using Couch.Cli.CommandLine;
using Couch.Cli.Terminal;

namespace Couch.Cli.Settings;

/// <summary>
/// Reads secrets from files and from standard input. They never stand in the arguments, which other users of the machine can read.
/// </summary>
internal sealed class SecretSource(Surroundings around)
{
    private const int Most = 64 * 1024;
    private const string Alone = "put the secret alone into it, on one line";
    private bool hasReadInput;

    /// <summary>The secret in a file, without the white space around it.</summary>
    /// <param name="file">Its path; <c>-</c> is standard input.</param>
    /// <param name="what">What the secret is, for sentences: such as <c>the host key</c>.</param>
    /// <exception cref="StopException">There is none.</exception>
    public string Read(string file, string what)
    {
        var from = file == "-" ? "standard input" : file;
        var secret = (file == "-" ? FromInput(what) : FromFile(file, what)).Trim();
        if (secret.Length is 0)
            throw new StopException(ExitCode.Usage, $"{from} is empty: {what} was expected there", Alone);
        if (secret.Length > Most || secret.Any(char.IsControl))
            throw new StopException(
                ExitCode.Usage, $"{from} does not hold {what} alone: it has several lines, or is too long", Alone);
        return secret;
    }

    private string FromInput(string what)
    {
        if (hasReadInput)
            throw new StopException(ExitCode.Usage, "standard input can give only one secret", "give the other one by a file");
        hasReadInput = true;
        return around.IsInputTerminal && around.CanAsk ? Questions.AskForSecret(around, Capital(what)) : around.In.ReadToEnd();
    }

    private static string FromFile(string file, string what)
    {
        try
        {
            return File.ReadAllText(file);
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            throw new StopException(
                ExitCode.Usage, $"{what} cannot be read from {file}: {unreadable.Message}",
                "name a file that you can read, or - for standard input");
        }
    }

    private static string Capital(string text) => char.ToUpperInvariant(text[0]) + text[1..];
}
