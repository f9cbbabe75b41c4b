namespace Couch.Cluster.Webhooks;

/// <summary>Which addresses events may be sent to.</summary>
public sealed record WebhookOptions
{
    /// <summary>
    /// Whether events may also be sent to loopback, private, link-local and other non-public addresses. True or false, default false.
    /// From <c>COUCH_WEBHOOK_PRIVATE</c>.
    /// </summary>
    public bool AllowsPrivate { get; init; }
}
