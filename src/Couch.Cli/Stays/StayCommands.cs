using System.CommandLine;
using Couch.Cli.CommandLine;
using Couch.Client;

namespace Couch.Cli.Stays;

/// <summary>What a guest does with its own token.</summary>
internal static class StayCommands
{
    private static readonly Option<string> TokenFile = new("--token-file")
    {
        Description = "A file with the guest's token; '-' reads it from standard input. Otherwise COUCH_TOKEN.", HelpName = "file",
    };

    public static Verb Stay()
    {
        var wait = WaitOption.Option("Wait until the guest runs, 5m or as long as said.");
        return new Verb(
            "stay", "Show your own stay, with your guest's token.",
            "couch stay --token-file token.txt", "COUCH_TOKEN=$(cat token.txt) couch stay --wait 2m")
        {
            TokenFile, wait,
        }.Does(async (call, cancel) =>
        {
            var bound = WaitOption.Bound(call, wait);
            var token = Token(call);
            call.Printer.One(
                call.Has(wait)
                    ? await WaitOption.UntilItRuns(call, token, bound, stay => call.Notes.Say(stay.Status), cancel)
                    : await call.Couch.Stay(token).Get(cancel: cancel),
                StayViews.Stay);
        });
    }

    public static Verb Checkout() => new Verb(
        "checkout", "End your own stay, with your guest's token. The VM is destroyed.", "couch checkout --token-file token.txt")
    {
        TokenFile,
    }.Does(async (call, cancel) => call.Printer.One(await call.Couch.Stay(Token(call)).CheckOut(cancel), StayViews.CheckedOut));

    private static Secret Token(Invocation call) =>
        call.Get(TokenFile) is { } file ? call.Secrets.Read(file, "the guest's token")
        : call.Surroundings.Variable("COUCH_TOKEN")?.Trim() is { Length: > 0 } token
            ? !token.Any(char.IsControl)
                ? token
                : throw new StopException(
                    ExitCode.Usage, "COUCH_TOKEN does not hold a guest's token alone: it has several lines",
                    "set it to the one line that 'couch redeem' prints")
        : throw new StopException(
            ExitCode.Usage, "there is no guest's token", "give it by COUCH_TOKEN or --token-file; 'couch redeem' prints it");
}
