using System.Diagnostics;

namespace Couch.Cluster.Telemetry;

/// <summary>Spans for the couch's work beside its requests: calls at the VM provider and passes of the safety net.</summary>
public static class CouchTraces
{
    /// <summary>The source's name, for listeners.</summary>
    public const string Name = "Couch";

    internal static readonly ActivitySource Source = new(Name);
}
