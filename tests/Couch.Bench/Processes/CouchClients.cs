using Couch.Client;

namespace Couch.Bench.Processes;

/// <summary>
/// Hosts and guests of a couch that is measured. What is offered as load is not sent by these: wrk sends it, and costs less than a .NET
/// program would of the processor that it shares with the couch.
/// </summary>
internal static class CouchClients
{
    /// <summary>A client that tries everything once: a repetition would be measured as one slow call.</summary>
    public static CouchClient Of(HttpClient http, Uri couch, string? hostKey = null) =>
        new(http, new() { Address = couch, HostKey = hostKey, MostAttempts = 1 });
}
