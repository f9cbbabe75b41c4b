using System.Text;

namespace Couch.Cli.Terminal;

/// <summary>What a command gets from outside: its three streams, whether they are terminals, its environment, and the time.</summary>
internal sealed class Surroundings
{
    private const int UsualWidth = 80;
    private const int UsualHeight = 24;
    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false);

    /// <summary>Where data goes. It is flushed by whoever writes to it.</summary>
    public required TextWriter Out { get; init; }

    /// <summary>Where everything else goes.</summary>
    public required TextWriter Error { get; init; }

    /// <summary>What is piped in, or typed.</summary>
    public required TextReader In { get; init; }

    public required bool IsInputTerminal { get; init; }

    public required bool IsOutputTerminal { get; init; }

    public required bool IsErrorTerminal { get; init; }

    /// <summary>How many characters a line of the terminal has now.</summary>
    public int Width => IsOutputTerminal ? Size(() => Console.WindowWidth, UsualWidth) : UsualWidth;

    /// <summary>How many lines the terminal has now.</summary>
    public int Height => IsOutputTerminal ? Size(() => Console.WindowHeight, UsualHeight) : UsualHeight;

    /// <summary>An environment variable; null where it is not set, or empty.</summary>
    public required Func<string, string?> Variable { get; init; }

    public required TimeProvider Clock { get; init; }

    public DateTimeOffset Now => Clock.GetUtcNow();

    /// <summary>Whether text on standard output may have colours: no-color.org.</summary>
    public bool HasColours => IsOutputTerminal && MayColour;

    /// <summary>Whether text on standard error may have colours.</summary>
    public bool HasErrorColours => IsErrorTerminal && MayColour;

    /// <summary>Whether a person can be asked.</summary>
    public bool CanAsk => IsInputTerminal && IsErrorTerminal;

    private bool MayColour => Variable("NO_COLOR") is null && Variable("TERM") is not "dumb";

    public static Surroundings OfThisProcess() => new()
    {
        Out = new StreamWriter(StandardOutput.Open(), Utf8),
        Error = new StreamWriter(Console.OpenStandardError(), Utf8) { AutoFlush = true },
        In = new StreamReader(Console.OpenStandardInput(), Utf8),
        IsInputTerminal = !Console.IsInputRedirected,
        IsOutputTerminal = !Console.IsOutputRedirected,
        IsErrorTerminal = !Console.IsErrorRedirected,
        Variable = name => Environment.GetEnvironmentVariable(name) is { Length: > 0 } value ? value : null,
        Clock = TimeProvider.System,
    };

    /// <summary>A terminal that does not know its size says 0, or nothing.</summary>
    private static int Size(Func<int> ask, int otherwise)
    {
        try
        {
            return ask() is > 0 and var size ? size : otherwise;
        }
        catch (IOException)
        {
            return otherwise;
        }
    }
}
