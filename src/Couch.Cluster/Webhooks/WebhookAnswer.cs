namespace Couch.Cluster.Webhooks;

/// <summary>What a receiver said to a delivery.</summary>
/// <param name="Status">The status code; null where there was no answer.</param>
/// <param name="Error">What was wrong; null where the receiver has taken it.</param>
/// <param name="Took">From the beginning to the answer, or to giving up.</param>
[GenerateSerializer, Immutable, Alias("couch.WebhookAnswer")]
public sealed record WebhookAnswer(
    [property: Id(0)] int? Status, [property: Id(1)] string? Error, [property: Id(2)] TimeSpan Took)
{
    /// <summary>Whether the receiver says that it wants no more.</summary>
    public bool IsGone => Status is 410;
}
