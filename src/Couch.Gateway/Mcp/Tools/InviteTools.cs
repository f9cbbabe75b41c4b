using Couch.Gateway.Invites;

namespace Couch.Gateway.Mcp.Tools;

/// <summary>A host makes, lists and takes back invites.</summary>
internal static class InviteTools
{
    public static IReadOnlyList<CouchTool> All { get; } =
    [
        new("create_invite", "POST", "/couch/invites")
        {
            Title = "Invite a guest",
            Description = """
                Makes a single-use invite; its code goes to one guest. What is left out takes its default.
                Example: {"createdBy":"noah","label":"nightly build","expiresInHours":1,"resourceLimits":{"maxDurationHours":2},
                "idempotencyKey":"any-text-of-your-own"}
                """,
            Input = """
                {"type":"object","properties":{
                "createdBy":{"type":"string","maxLength":128,"description":"Your name as the host."},
                "label":{"type":"string","maxLength":256,"description":"What the invite is for; the guest sees it."},
                "resourceLimits":{"type":"object","properties":{
                "maxCpuCores":{"type":"number","default":2},"maxMemoryMB":{"type":"number","default":4096},
                "maxDiskGB":{"type":"number","default":20},"maxNetworkEgressGB":{"type":"number","default":10},
                "maxDurationHours":{"type":"number","default":72,"maximum":720},
                "maxTokenBudget":{"type":"integer","default":50000000}}},
                "permissions":{"type":"object","properties":{
                "canAccessInternet":{"type":"boolean","default":true},"canSpawnSubAgents":{"type":"boolean","default":false},
                "canAccessHostServices":{"type":"boolean","default":false}}},
                "expiresInHours":{"type":"number","default":24,"maximum":720,"description":"How long it can be redeemed."},
                "enforcement":{"type":"string","enum":["stop","report"],"default":"stop","description":"What an exceeded limit does."},
                "idempotencyKey":{"type":"string","pattern":"^[!-~]{1,255}$","description":
                "Repeat it with the same arguments after a lost answer: you get the same invite."}},
                "required":["createdBy"]}
                """,
            Output = typeof(InviteView),
            Effect = Effect.AddsEachTime,
        },
        new("list_invites", "GET", "/couch/invites")
        {
            Title = "List invites",
            Description = """Lists invites with their codes, newest first. Example: {"status":"active","limit":20}""",
            Input = """
                {"type":"object","properties":{
                "status":{"type":"string","enum":["active","redeemed","revoked","expired"]},
                "createdBy":{"type":"string","description":"Exactly this host's name."},
                "label":{"type":"string","description":"Exactly this label."},
                "limit":{"type":"integer","minimum":1,"maximum":1000,"default":20},
                "cursor":{"type":"string","description":"The nextCursor of the page before."}}}
                """,
            Rows = 20,
        },
        new("revoke_invite", "DELETE", "/couch/invites/{id}")
        {
            Title = "Take an invite back",
            Description = """Makes an invite that was not redeemed worthless for good. Example: {"id":"01J..."}""",
            Input = """
                {"type":"object","properties":{
                "id":{"type":"string","description":"The invite's id, not its code."},
                "idempotencyKey":{"type":"string","pattern":"^[!-~]{1,255}$","description":
                "Repeat it after a lost answer: you get the same answer."}},
                "required":["id"]}
                """,
            Output = typeof(InviteView),
            Effect = Effect.Ends,
            WhereWrong = "nothing, where it is revoked or expired already; a redeemed one's guest is ended by kill_guest.",
            WhereNotFound = "take the id from list_invites.",
        },
    ];
}
