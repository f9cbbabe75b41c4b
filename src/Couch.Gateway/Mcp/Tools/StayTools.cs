using Couch.Gateway.Stays;

namespace Couch.Gateway.Mcp.Tools;

/// <summary>What a guest's agent does for itself.</summary>
internal static class StayTools
{
    private const string AskForAnother = "check that the code is whole (inv_ and 64 characters), or ask the host for another invite.";
    private const string AskForAStay = "the stay is over, or the token is of another couch; ask the host for another invite.";

    private const string ConnectAgain =
        "connect again with 'Authorization: Bearer guest_...', where guest_... is the authToken that redeem_invite gave; wait is 0 to 60.";

    public static IReadOnlyList<CouchTool> All { get; } =
    [
        new("preview_invite", "POST", "/couch/invites/preview")
        {
            Title = "Show what an invite offers",
            Description = """Shows an invite's limits, permissions and status without spending it. Example: {"code":"inv_..."}""",
            Input = """
                {"type":"object","properties":{"code":{"type":"string","description":"The invite's code."}},"required":["code"]}
                """,
            Output = typeof(PreviewView),
            WhereNotFound = AskForAnother,
        },
        new("redeem_invite", "POST", "/couch/redeem")
        {
            Title = "Redeem an invite",
            Description = """
                Spends an invite's code, once, and makes you its guest. Keep authToken: only this answer shows it. Then connect again with
                it as the bearer and call my_stay.
                Example: {"code":"inv_...","name":"my-agent","idempotencyKey":"any-text-of-your-own"}
                """,
            Input = """
                {"type":"object","properties":{
                "code":{"type":"string","description":"The invite's code."},
                "name":{"type":"string","maxLength":128,"description":"What you want to be called."},
                "publicKey":{"type":"string","description":"One OpenSSH public key, which gives access to the VM."},
                "idempotencyKey":{"type":"string","pattern":"^[!-~]{1,255}$","description":
                "Repeat it with the same arguments after a lost answer: you get the same token."}},
                "required":["code","name"]}
                """,
            Output = typeof(RedeemedView),
            Effect = Effect.AddsOnce,
            WhereNotFound = AskForAnother,
            WhereRefused = "if it was you who redeemed it, call again with that idempotencyKey; otherwise ask the host for another invite.",
        },
        new("my_stay", "GET", "/couch/status")
        {
            Title = "Show my stay",
            Description = """
                Your status, endpoint, limits and what you have used. With wait it is held until you are no longer provisioning.
                Example: {"wait":60}
                """,
            Input = """
                {"type":"object","properties":{"wait":{"type":"number","minimum":0,"maximum":60,"description":
                "Seconds to hold the answer while the VM is being made."}}}
                """,
            Output = typeof(StayView),
            WhereWrong = ConnectAgain,
            WhereNotFound = AskForAStay,
        },
        new("check_out", "POST", "/couch/checkout")
        {
            Title = "Leave",
            Description = "Ends your stay for good and destroys its VM. Save first what you need. Example: {}",
            Input = """{"type":"object","properties":{}}""",
            Output = typeof(CheckedOutView),
            Effect = Effect.Ends,
            WhereWrong = ConnectAgain,
            WhereNotFound = AskForAStay,
        },
    ];
}
