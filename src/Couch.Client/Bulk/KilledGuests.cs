namespace Couch.Client;

/// <summary>What became of an order to kill many guests.</summary>
public sealed record KilledGuests
{
    /// <summary>How many were killed; in a dry run, how many would be.</summary>
    public required int Killed { get; init; }

    /// <summary>How many had ended already.</summary>
    public required int AlreadyEnded { get; init; }

    /// <summary>Those that could not be killed.</summary>
    public IReadOnlyList<BulkFailure> Failed { get; init => field = value ?? []; } = [];
}
