using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using System.CommandLine.Parsing;

namespace Couch.Cli.CommandLine;

/// <summary>Help that opens with examples. The root's ends with the exit codes and the environment.</summary>
internal sealed class HelpWithExamples(HelpAction usual) : SynchronousCommandLineAction
{
    private static readonly string[] First =
    [
        "couch invite create --label reviewers",
        "couch redeem --name agent-1 --code-file code.txt",
        "couch guest list --watch",
        "couch guest kill ID",
        "couch doctor",
    ];

    private static readonly (string Name, string Meaning)[] Environment =
    [
        ("COUCH_URL", "the couch's address"),
        ("COUCH_AUTH_TOKEN", "the host key"),
        ("COUCH_TOKEN", "a guest's token, for 'stay' and 'checkout'"),
        ("NO_COLOR", "if set, no colours"),
    ];

    /// <inheritdoc/>
    public override bool ClearsParseErrors => true;

    /// <inheritdoc/>
    public override int Invoke(ParseResult parseResult)
    {
        var output = parseResult.InvocationConfiguration.Output;
        var command = parseResult.CommandResult.Command;
        output.WriteLine("Examples:");
        foreach (var example in (command as Verb)?.Examples ?? First)
            output.WriteLine("  " + example);
        output.WriteLine();
        usual.Invoke(parseResult);
        if (command is RootCommand)
        {
            Table(output, "Exit codes", [.. ExitCode.All.Select(one => ($"{one.Code}", one.Meaning))]);
            Table(output, "Environment", Environment);
        }

        return ExitCode.Ok;
    }

    /// <summary>The command's words, such as <c>couch guest kill</c>.</summary>
    public static string PathOf(CommandResult command) =>
        command.Parent is CommandResult parent ? $"{PathOf(parent)} {command.Command.Name}" : "couch";

    private static void Table(TextWriter output, string title, IReadOnlyList<(string Name, string Meaning)> rows)
    {
        output.WriteLine(title + ":");
        var width = rows.Max(row => row.Name.Length);
        foreach (var (name, meaning) in rows)
            output.WriteLine($"  {name.PadRight(width)}  {meaning}");
        output.WriteLine();
    }
}
