namespace Couch.Cluster.Import;

/// <summary>What became of one row of the original service's file.</summary>
public sealed record ImportedRow
{
    /// <summary><c>invite</c> or <c>guest</c>.</summary>
    public required string Kind { get; init; }

    /// <summary>Its id, there and here.</summary>
    public required string? Id { get; init; }

    /// <summary>Its status, there and here.</summary>
    public required string? Status { get; init; }

    /// <summary>The code or token that it had, where it comes and can still be used.</summary>
    public string? Old { get; init; }

    /// <summary>The one that it has here; null where <see cref="Old"/> is.</summary>
    public string? New { get; init; }

    /// <summary>Why it does not come; null where it does.</summary>
    public string? WhyNot { get; init; }

    /// <summary>Whether an earlier import has brought it: nothing was written now.</summary>
    public bool CameBefore { get; init; }

    /// <summary>Its status here, where it came before; else null.</summary>
    public string? StatusHere { get; init; }
}
