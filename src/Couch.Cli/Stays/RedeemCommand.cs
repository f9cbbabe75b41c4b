using System.CommandLine;
using System.Security.Cryptography;
using Couch.Cli.CommandLine;
using Couch.Cli.Output;
using Couch.Client;

namespace Couch.Cli.Stays;

/// <summary>
/// Redeems an invite. The token goes to standard output the moment it is there, and nowhere else: whatever happens afterwards, it is not
/// lost.
/// </summary>
internal static class RedeemCommand
{
    public static Option<string> CodeFile() => new("--code-file")
    {
        Description = "A file with the invite's code. Otherwise, and with '-', it is read from standard input.", HelpName = "file",
    };

    public static Verb Verb()
    {
        var name = new Option<string>("--name") { Description = "What the guest wants to be called.", HelpName = "name", Required = true };
        var codeFile = CodeFile();
        var publicKey = new Option<string>("--public-key-file")
        {
            Description = "A file with one OpenSSH public key, which gives access to the VM.", HelpName = "file",
        };
        var wait = WaitOption.Option("How long to wait until the guest runs; otherwise 5m.");
        var noWait = new Option<bool>("--no-wait") { Description = "Do not wait until the guest runs." };
        return new Verb(
            "redeem", "Redeem an invite: print the guest's token, and wait until the guest runs.",
            "couch redeem --name agent-1 --code-file code.txt > token.txt",
            "couch invite create --code-only | couch redeem --name agent-1",
            "couch redeem --name agent-1 --no-wait")
        {
            name, codeFile, publicKey, wait, noWait, CommonOptions.IdempotencyKey,
        }.Does(async (call, cancel) =>
        {
            if (call.Has(wait) && call.Get(noWait))
                throw new StopException(ExitCode.Usage, "--wait does not go with --no-wait");
            // Before the code is spent.
            var bound = WaitOption.Bound(call, wait);
            var code = call.Secrets.Read(call.Get(codeFile) ?? "-", "the invite's code");
            var ssh = call.Get(publicKey) is { } file ? call.Secrets.Read(file, "the public key") : null;
            var redeemed = await Redeem(call, code, call.Get(name)!, ssh, cancel);
            Print(call, redeemed);
            if (call.Get(noWait))
                return;

            var stay = await WaitOption.UntilItRuns(call, redeemed.AuthToken, bound, stay => Say(call, stay), cancel);
            if (stay.AgentEndpoint is { } endpoint)
                call.Notes.Say($"endpoint: {endpoint}");
        });
    }

    private static async Task<Redemption> Redeem(Invocation call, string code, string name, string? publicKey, CancellationToken cancel)
    {
        // Known here, so that an answer which was lost can still be had.
        var key = IdempotencyKeys.Of(call) ?? RandomNumberGenerator.GetHexString(32, lowercase: true);
        try
        {
            return await call.Couch.Redeem(code, name, publicKey, key, cancel);
        }
        catch (Exception lost) when (lost is CouchUnavailableException or OperationCanceledException)
        {
            call.Notes.Warn($"the invite may be redeemed or not. The same answer within 24 hours: add --idempotency-key {key}");
            throw;
        }
    }

    private static void Print(Invocation call, Redemption redeemed)
    {
        if (call.Printer.Format is Format.Json)
            call.Printer.Revealing.Bare(Json.Line(redeemed, showSecrets: true));
        else
            call.Printer.Bare(redeemed.AuthToken.Reveal());
        call.Notes.Say($"guest {redeemed.GuestId} may stay until {Words.Time(redeemed.ExpiresAt)}. Its token is shown only now.");
    }

    private static void Say(Invocation call, Stay stay)
    {
        if (call.Printer.Format is Format.Json)
            call.Printer.Bare(Json.Line(stay, showSecrets: false));
        call.Notes.Say(stay.Status);
    }
}
