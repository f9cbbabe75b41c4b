using System.Text;
using Couch.Cli.CommandLine;
using Couch.Cli.Output;

namespace Couch.Cli.Terminal;

/// <summary>What a person is asked, where there is a terminal; elsewhere nobody is.</summary>
internal static class Questions
{
    /// <summary>Goes on only where it was agreed to: by <c>--yes</c>, or by an answer.</summary>
    /// <exception cref="StopException">It was not.</exception>
    public static void Confirm(Surroundings around, string question, bool yes)
    {
        if (yes)
            return;
        if (!around.CanAsk)
            throw new StopException(ExitCode.Usage, "this needs --yes where there is no terminal to ask at", "add --yes");

        around.Error.Write($"{Notes.Told(question)} [y/N] ");
        if (around.In.ReadLine()?.Trim().ToLowerInvariant() is not ("y" or "yes"))
            throw new StopException(ExitCode.Failure, "nothing was done");
    }

    /// <summary>Asks for a secret, which is not shown as it is typed.</summary>
    public static string AskForSecret(Surroundings around, string what)
    {
        around.Error.Write($"{what}: ");
        var typed = new StringBuilder();
        while (Console.ReadKey(intercept: true) is { Key: not ConsoleKey.Enter } key)
        {
            if (key.Key is ConsoleKey.Backspace)
                typed.Length = Math.Max(0, typed.Length - 1);
            else if (!char.IsControl(key.KeyChar))
                typed.Append(key.KeyChar);
        }

        around.Error.WriteLine();
        return typed.ToString();
    }
}
