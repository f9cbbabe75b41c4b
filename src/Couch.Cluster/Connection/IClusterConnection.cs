namespace Couch.Cluster.Connection;

/// <summary>Whether this process can call grains, in its own silo or in remote ones.</summary>
public interface IClusterConnection
{
    /// <summary><c>active</c> when it can; otherwise a word for the state.</summary>
    string State { get; }

    /// <summary>Null when it can; otherwise the reason, in a sentence for an operator, without secrets.</summary>
    string? WhyNot { get; }
}
