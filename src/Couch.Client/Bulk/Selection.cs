namespace Couch.Client;

/// <summary>
/// Which guests to kill, or which invites to revoke, at once: some by their ids, or all, and of these only those that were invited as
/// said.
/// </summary>
public sealed record Selection
{
    private Selection()
    {
    }

    /// <summary>The ids of those that are meant, 1 to 1000; null: all are meant.</summary>
    public IReadOnlyCollection<string>? Ids { get; private init; }

    /// <summary>Whether all are meant; null where ids are given.</summary>
    public bool? All { get; private init; }

    /// <summary>Only those whose invite was made by this host.</summary>
    public string? CreatedBy { get; init; }

    /// <summary>Only those whose invite has exactly this label.</summary>
    public string? Label { get; init; }

    /// <summary>Whether nothing is done, and the answer says what would be.</summary>
    public bool? DryRun { get; init; }

    /// <summary>Those with these ids.</summary>
    /// <param name="ids">1 to 1000.</param>
    public static Selection Of(params IReadOnlyCollection<string> ids) => new() { Ids = ids };

    /// <summary>All of them.</summary>
    public static Selection Everything() => new() { All = true };
}

/// <summary>One that could not be ended.</summary>
public sealed record BulkFailure
{
    /// <summary>Its id.</summary>
    public required string Id { get; init; }

    /// <summary>Why not, as a sentence.</summary>
    public required string Error { get; init; }
}
