using Couch.Cli.CommandLine;

namespace Couch.Cli.Stays;

/// <summary>Shows what an invite offers to whoever holds its code, before it is spent.</summary>
internal static class PreviewCommand
{
    public static Verb Verb()
    {
        var codeFile = RedeemCommand.CodeFile();
        return new Verb(
            "preview", "Show what an invite offers, without spending its code.",
            "couch preview --code-file code.txt", "couch invite create --code-only | couch preview --json")
        {
            codeFile,
        }.Does(async (call, cancel) => call.Printer.One(
            await call.Couch.Preview(call.Secrets.Read(call.Get(codeFile) ?? "-", "the invite's code"), cancel), StayViews.Preview));
    }
}
