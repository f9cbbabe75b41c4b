namespace Couch.Client;

/// <summary>What became of an order to revoke many invites.</summary>
public sealed record RevokedInvites
{
    /// <summary>How many were revoked; in a dry run, how many would be.</summary>
    public required int Revoked { get; init; }

    /// <summary>How many had been redeemed, had been revoked or had expired already.</summary>
    public required int AlreadyEnded { get; init; }

    /// <summary>Those that could not be revoked.</summary>
    public IReadOnlyList<BulkFailure> Failed { get; init => field = value ?? []; } = [];
}
