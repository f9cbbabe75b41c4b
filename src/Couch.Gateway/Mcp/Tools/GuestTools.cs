using Couch.Gateway.Guests;

namespace Couch.Gateway.Mcp.Tools;

/// <summary>A host watches its guests, gives them more time, and ends them.</summary>
internal static class GuestTools
{
    private const string TakeFromList = "take the id from list_guests.";

    public static IReadOnlyList<CouchTool> All { get; } =
    [
        new("list_guests", "GET", "/couch/guests")
        {
            Title = "List guests",
            Description = """Lists guests, newest first. Example: {"status":"running","limit":20}""",
            Input = """
                {"type":"object","properties":{
                "status":{"type":"string","enum":["provisioning","running","stopped","expired","revoked"]},
                "name":{"type":"string","description":"The beginning of the guest's name."},
                "createdBy":{"type":"string","description":"Exactly the name of the host that invited."},
                "label":{"type":"string","description":"Exactly the invite's label."},
                "limit":{"type":"integer","minimum":1,"maximum":1000,"default":20},
                "cursor":{"type":"string","description":"The nextCursor of the page before."}}}
                """,
            Rows = 20,
        },
        new("guest_status", "GET", "/couch/guests/{id}/status")
        {
            Title = "Show a guest",
            Description = """What a guest has used, which limits it is above, why it ended, and its VM. Example: {"id":"01J..."}""",
            Input = """
                {"type":"object","properties":{"id":{"type":"string","description":"The guest's id."}},"required":["id"]}
                """,
            Output = typeof(GuestStatusView),
            WhereNotFound = TakeFromList,
        },
        new("kill_guest", "DELETE", "/couch/guests/{id}")
        {
            Title = "End a guest now",
            Description = """Ends a guest's stay at once and for good, and destroys its VM. Example: {"id":"01J..."}""",
            Input = """
                {"type":"object","properties":{
                "id":{"type":"string","description":"The guest's id."},
                "idempotencyKey":{"type":"string","pattern":"^[!-~]{1,255}$","description":
                "Repeat it after a lost answer: you get the same answer."}},
                "required":["id"]}
                """,
            Output = typeof(KilledView),
            Effect = Effect.Ends,
            WhereWrong = "nothing, where it has ended already; guest_status shows when its VM was destroyed.",
            WhereNotFound = TakeFromList,
        },
        new("extend_guest", "POST", "/couch/guests/{id}/extend")
        {
            Title = "Let a guest stay longer",
            Description = """Adds hours to a guest's stay, at each call; at most 720 in all. Example: {"id":"01J...","hours":2}""",
            Input = """
                {"type":"object","properties":{
                "id":{"type":"string","description":"The guest's id."},
                "hours":{"type":"number","exclusiveMinimum":0,"maximum":720}},
                "required":["id","hours"]}
                """,
            Output = typeof(GuestView),
            Effect = Effect.AddsEachTime,
            WhereNotFound = TakeFromList,
        },
    ];
}
