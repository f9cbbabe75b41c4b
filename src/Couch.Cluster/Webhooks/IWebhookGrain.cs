using Couch.Domain.Keys;
using Couch.Domain.Webhooks;
using Orleans.Concurrency;

namespace Couch.Cluster.Webhooks;

/// <summary>
/// One webhook, keyed by its id: owns its position in the log and its retries. Deliveries run outside the grain's turns, see
/// <see cref="WebhookDelivery"/>. Any call may throw <see cref="Storage.StorageUnavailableException"/>: the outcome is then unknown,
/// and asking again is safe. A call with a value that cannot be throws <see cref="Domain.Values.OutOfBoundsException"/>, and changes
/// nothing.
/// </summary>
[Alias("couch.IWebhookGrain")]
public interface IWebhookGrain : IGrainWithStringKey
{
    /// <summary>Creates the webhook, for events after the newest one, or returns the one that has this id.</summary>
    [Alias("Create")]
    Task<Webhook> Create(Webhook webhook);

    /// <summary>Deletes the webhook; no more events are sent to it.</summary>
    /// <returns>False where no webhook has this id.</returns>
    [Alias("Delete")]
    Task<bool> Delete();

    /// <summary>Continues a parked webhook after its last delivered event; a failing one is tried at once.</summary>
    /// <returns>Null where no webhook has this id.</returns>
    [Alias("Resume")]
    Task<Webhook?> Resume();

    /// <summary>
    /// Sends an event of type <c>couch.webhook.test</c>, which is not in the log, and returns the receiver's answer. The webhook does not
    /// change. A second caller gets the answer of a test that is running.
    /// </summary>
    /// <param name="by">By which host key.</param>
    /// <returns>Null where no webhook has this id.</returns>
    [AlwaysInterleave, Alias("Test"), ResponseTimeout("00:00:30")]
    Task<WebhookAnswer?> Test(Actor by);

    /// <summary>Starts the deliveries if they are due and not running. Safe at any time, any number of times.</summary>
    [Alias("Wake")]
    Task Wake();

    /// <summary>Records that the receiver took this event. Durable once answered.</summary>
    /// <returns>Whether the next may be sent.</returns>
    [Alias("ObserveDelivered")]
    Task<bool> ObserveDelivered(long eventId);

    /// <summary>Records that the receiver did not take this event. The caller has stopped sending.</summary>
    /// <param name="isGone">Whether the receiver said that it takes no more events.</param>
    [Alias("ObserveFailed")]
    Task ObserveFailed(long eventId, string error, bool isGone);
}
