using System.CommandLine;
using System.CommandLine.Help;
using Couch.Cli.Completion;
using Couch.Cli.Contexts;
using Couch.Cli.Doctor;
using Couch.Cli.Events;
using Couch.Cli.Guests;
using Couch.Cli.Import;
using Couch.Cli.Invites;
using Couch.Cli.Keys;
using Couch.Cli.Output;
using Couch.Cli.Stays;
using Couch.Cli.Summary;
using Couch.Cli.Terminal;
using Couch.Cli.Webhooks;

namespace Couch.Cli.CommandLine;

/// <summary>The command <c>couch</c>: its groups, its help, and what its end says.</summary>
internal static class CouchCommand
{
    /// <summary>An interrupted trial takes back what it has made.</summary>
    private static readonly TimeSpan TimeToEnd = TrialRun.LongestUndo + TimeSpan.FromSeconds(2);

    public static async Task<int> Run(string[] args, Surroundings around)
    {
        Invocation.Around = around;
        // A name that begins with @ is a name, and not a file of arguments.
        var parsed = Root().Parse(args, new() { ResponseFileTokenReplacer = null });
        try
        {
            try
            {
                return await Invoke(parsed, around);
            }
            finally
            {
                await around.Out.FlushAsync();
            }
        }
        catch (ReaderGoneException)
        {
            // Of help, too, somebody may have read enough.
            return ExitCode.Ok;
        }
    }

    private static async Task<int> Invoke(ParseResult parsed, Surroundings around) =>
        parsed.Errors.Count > 0 && parsed.Action?.ClearsParseErrors is not true
            ? Usage(parsed, around)
            : await parsed.InvokeAsync(new()
            {
                Output = around.Out,
                Error = around.Error,
                EnableDefaultExceptionHandler = false,
                ProcessTerminationTimeout = TimeToEnd,
            });

    private static RootCommand Root()
    {
        var root = new RootCommand("Hospitality for agent fleets: invites, guests with limits, and a kill switch.")
        {
            InviteCommands.Group(),
            GuestCommands.Group(),
            PreviewCommand.Verb(),
            RedeemCommand.Verb(),
            StayCommands.Stay(),
            StayCommands.Checkout(),
            EventsCommand.Verb(),
            KeyCommands.Group(),
            WebhookCommands.Group(),
            SummaryCommand.Verb(),
            ConsoleCommand.Verb(),
            DoctorCommand.Verb(),
            ImportCommand.Verb(),
            ContextCommands.Group(),
            CompletionCommand.Group(),
        };
        foreach (var option in GlobalOptions.All)
            root.Add(option);
        foreach (var option in root.Options)
        {
            if (option is HelpOption help)
                help.Action = new HelpWithExamples((HelpAction)help.Action!);
        }

        return root;
    }

    private static int Usage(ParseResult parsed, Surroundings around)
    {
        var path = HelpWithExamples.PathOf(parsed.CommandResult);
        var notes = new Notes(around);
        if (parsed.UnmatchedTokens.Any(LooksSecret))
        {
            // It is not repeated: what is printed is kept in more places still.
            notes.Fail(
                "a code, a token or a key does not belong into the arguments, which other users of the machine can read",
                $"give it by a file or by standard input: {path} --help");
            return ExitCode.Usage;
        }

        var command = parsed.CommandResult.Command;
        // The parser would say that a command is missing.
        var what = command.Subcommands.Count == 0 ? parsed.Errors[0].Message
            : parsed.UnmatchedTokens is [var word, ..] ? $"'{word}' is no command of '{path}'"
            : $"'{path}' needs one of: {string.Join(", ", command.Subcommands.Select(sub => sub.Name))}";
        notes.Fail(what, $"see: {path} --help");
        return ExitCode.Usage;
    }

    private static bool LooksSecret(string word) =>
        new[] { "inv_", "guest_", "couch_", "whsec_" }.Any(kind => word.Contains(kind, StringComparison.Ordinal));
}
