using Couch.Cli.CommandLine;
using Couch.Cli.Output;
using Couch.Client;

namespace Couch.Cli.Invites;

/// <summary>What a host hands to a guest's agent with a code: the link, and the block of text to be pasted.</summary>
internal static class Handout
{
    /// <summary>Prints both, for a person. A couch of a version that has none is not worth a word: the code says it all.</summary>
    public static async Task Print(Invocation call, Secret code, CancellationToken cancel)
    {
        JoinText join;
        try
        {
            join = await call.Couch.Join(cancel);
        }
        catch (CouchException failure)
        {
            if (failure is not CouchNotFoundException)
                call.Notes.Warn($"there is no link to hand over: {failure.Message}");
            return;
        }

        call.Printer.Bare("");
        call.Printer.Bare("link  " + Visible.Of(join.LinkFor(code)));
        call.Printer.Bare("");
        call.Notes.Say("what follows is for the guest's agent: paste it as it is. The link and the text hold the code");
        call.Printer.Bare("");
        call.Printer.Bare(Text(join, code));
    }

    /// <summary>The text, line by line: a couch that is not what it seems must not move a terminal's cursor.</summary>
    public static string Text(JoinText join, Secret code) =>
        string.Join('\n', join.TextFor(code).TrimEnd('\n').Split('\n').Select(Visible.Of));
}
