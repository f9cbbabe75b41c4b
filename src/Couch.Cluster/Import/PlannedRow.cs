namespace Couch.Cluster.Import;

/// <summary>What becomes of one row of the original service's file, by the file alone.</summary>
/// <param name="State">The state to write; null where it cannot be imported.</param>
/// <param name="Row">What is said of it.</param>
internal sealed record PlannedRow<T>(T? State, ImportedRow Row) where T : class
{
    /// <summary>Why it is not imported where the database has no such row; null where it does.</summary>
    public string? WhyNotIfAbsent { get; init; }

    /// <summary>What is said of it where the database has no such row.</summary>
    public ImportedRow IfAbsent => WhyNotIfAbsent is null ? Row : Row with { Old = null, WhyNot = WhyNotIfAbsent };
}
