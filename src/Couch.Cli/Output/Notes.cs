using Couch.Cli.Terminal;

namespace Couch.Cli.Output;

/// <summary>Everything that is not data, on standard error: progress, warnings, and what went wrong.</summary>
internal sealed class Notes(Surroundings around)
{
    private const string Red = "\e[31m";
    private const string Yellow = "\e[33m";
    private const string Plain = "\e[0m";

    /// <summary>Something that a person wants to know.</summary>
    public void Say(string text) => Write(Visible.Of(text));

    public void Warn(string text) => Write($"{Coloured("warning:", Yellow)} {Visible.Of(text)}");

    /// <summary>What went wrong, and what can be done next.</summary>
    public void Fail(string what, string? next = null)
    {
        Write($"{Coloured("couch:", Red)} {Visible.Of(what)}");
        if (next is not null)
            Write($"  {Visible.Of(next)}");
    }

    private void Write(string line) => around.Error.WriteLine(line);

    private string Coloured(string text, string colour) => around.HasErrorColours ? colour + text + Plain : text;
}
