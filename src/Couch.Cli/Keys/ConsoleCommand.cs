using Couch.Cli.CommandLine;
using Couch.Cli.Output;

namespace Couch.Cli.Keys;

/// <summary>Gives a person a link into the console, so that the host key stays here.</summary>
internal static class ConsoleCommand
{
    public static Verb Verb() => new Verb(
        "console", "Print a link that signs one person in to the console, once.",
        "couch console", "couch console --json")
        .Does(async (call, cancel) =>
        {
            var made = await call.Couch.Console.CreateLink(cancel);
            if (call.Printer.Format is Format.Json)
                call.Printer.Bare(Json.Line(made, showSecrets: true));
            else
                call.Printer.Bare(made.Link.Reveal());
            var left = TimeSpan.FromSeconds(Math.Ceiling((made.ExpiresAt - call.Surroundings.Now).TotalSeconds));
            call.Notes.Say($"it signs one person in, once, within {Words.Span(left)} (until {Words.Time(made.ExpiresAt)})");
        });
}
