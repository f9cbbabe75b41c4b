namespace Couch.Gateway.Bulk;

/// <summary>What became of many guests.</summary>
public sealed record KilledManyView
{
    /// <summary>How many were killed; of a dry run, how many would be.</summary>
    public required int Killed { get; init; }

    /// <summary>How many had ended before.</summary>
    public required int AlreadyEnded { get; init; }

    /// <summary>Those that could not be killed.</summary>
    public required IReadOnlyList<FailedView> Failed { get; init; }

    internal static KilledManyView Of(BulkOutcome outcome) =>
        new() { Killed = outcome.Done, AlreadyEnded = outcome.AlreadyEnded, Failed = outcome.Failed };
}

/// <summary>What became of many invites.</summary>
public sealed record RevokedManyView
{
    /// <summary>How many were revoked; of a dry run, how many would be.</summary>
    public required int Revoked { get; init; }

    /// <summary>How many were redeemed, revoked or expired before.</summary>
    public required int AlreadyEnded { get; init; }

    /// <summary>Those that could not be revoked.</summary>
    public required IReadOnlyList<FailedView> Failed { get; init; }

    internal static RevokedManyView Of(BulkOutcome outcome) =>
        new() { Revoked = outcome.Done, AlreadyEnded = outcome.AlreadyEnded, Failed = outcome.Failed };
}

/// <summary>One that could not be ended, and why.</summary>
public sealed record FailedView
{
    /// <summary>The id as it was sent.</summary>
    public required string Id { get; init; }

    /// <summary>Why, in a sentence.</summary>
    public required string Error { get; init; }
}
