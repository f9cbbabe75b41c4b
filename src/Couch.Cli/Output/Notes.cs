using Couch.Cli.Terminal;

namespace Couch.Cli.Output;

/// <summary>Everything that is not data, on standard error: progress, warnings, and what went wrong.</summary>
internal sealed class Notes(Surroundings around)
{
    private const string Red = "\e[31m";
    private const string Yellow = "\e[33m";
    private const string Plain = "\e[0m";

    /// <summary>Something that a person wants to know.</summary>
    public void Say(string text) => Write(Told(text));

    public void Warn(string text) => Write($"{Coloured("warning:", Yellow)} {Told(text)}");

    /// <summary>What went wrong, and what can be done next.</summary>
    public void Fail(string what, string? next = null)
    {
        Write($"{Coloured("couch:", Red)} {Told(what)}");
        if (next is not null)
            Write($"  {Told(next)}");
    }

    /// <summary>
    /// The text as standard error may have it: without a secret, whoever has put it there. What was typed into the wrong place is
    /// repeated in many a sentence, and what is printed is kept in more places still.
    /// </summary>
    public static string Told(string text) => Visible.Of(Masks.In(text));

    private void Write(string line) => around.Error.WriteLine(line);

    private string Coloured(string text, string colour) => around.HasErrorColours ? colour + text + Plain : text;
}
