namespace Couch.Cluster.Connection;

/// <summary>Whether this process can ask grains: in its own silo, or in others'.</summary>
public interface IClusterConnection
{
    /// <summary><c>active</c> where it can; else a word for how it stands.</summary>
    string State { get; }

    /// <summary>Null where it can; else why not, in a sentence for an operator, without secrets.</summary>
    string? WhyNot { get; }
}
