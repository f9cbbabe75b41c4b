namespace Couch.Gateway.Mcp.Tools;

/// <summary>A host reads what has happened, and waits for what happens.</summary>
internal static class EventTools
{
    public static IReadOnlyList<CouchTool> All { get; } =
    [
        new("follow_events", "GET", "/couch/events")
        {
            Title = "Follow events",
            Description = """
                A page of the log after an event, oldest first. With wait it is held until there is one. Call again with since_id = the
                last event's id. Example: {"since_id":1041,"type":"couch.guest.*","wait":30}
                """,
            Input = """
                {"type":"object","properties":{
                "since_id":{"type":"integer","minimum":0,"description":"The last event you have; without it, from the oldest."},
                "since":{"type":"string","description":"Only what happened then or later: an ISO 8601 time."},
                "type":{"type":"string","description":"Only these types, with commas between; couch.guest.* for all that begin so."},
                "exclude":{"type":"string","description":"None of these types."},
                "agent":{"type":"string","description":"Only events of this host's or guest's name."},
                "subject":{"type":"string","description":"Only events of the invite or the guest with this id."},
                "limit":{"type":"integer","minimum":1,"maximum":1000,"default":20},
                "wait":{"type":"number","minimum":0,"maximum":60,"description":"Seconds to hold an answer without events."}}}
                """,
            Rows = 20,
        },
    ];
}
