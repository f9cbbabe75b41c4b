namespace Couch.Cluster.Webhooks;

/// <summary>Where webhooks may lead.</summary>
public sealed record WebhookOptions
{
    /// <summary>
    /// Whether events are also sent to loopback, private, link-local and other addresses that are not the internet's. True or
    /// false, default false. From <c>COUCH_WEBHOOK_PRIVATE</c>.
    /// </summary>
    public bool AllowsPrivate { get; init; }
}
