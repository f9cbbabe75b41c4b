namespace Couch.Cluster.Webhooks;

/// <summary>A receiver's answer to a delivery.</summary>
/// <param name="Status">The status code; null where there was no answer.</param>
/// <param name="Error">What failed; null where the receiver took the event.</param>
/// <param name="Took">The time from the start until the answer or the failure.</param>
[GenerateSerializer, Immutable, Alias("couch.WebhookAnswer")]
public sealed record WebhookAnswer(
    [property: Id(0)] int? Status, [property: Id(1)] string? Error, [property: Id(2)] TimeSpan Took)
{
    /// <summary>Whether the receiver said that it takes no more events.</summary>
    public bool IsGone => Status is 410;
}
