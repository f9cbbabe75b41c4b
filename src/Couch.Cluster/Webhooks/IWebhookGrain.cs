using Couch.Domain.Keys;
using Couch.Domain.Webhooks;
using Orleans.Concurrency;

namespace Couch.Cluster.Webhooks;

/// <summary>
/// One webhook, keyed by its id: owns its place in the log and its retries. Its deliveries run outside its turns, see
/// <see cref="WebhookDelivery"/>. Any call may throw <see cref="Storage.StorageUnavailableException"/>: the outcome is then unknown,
/// and asking again is safe. A call with a value that cannot be throws <see cref="Domain.Values.OutOfBoundsException"/>, and changes
/// nothing.
/// </summary>
[Alias("couch.IWebhookGrain")]
public interface IWebhookGrain : IGrainWithStringKey
{
    /// <summary>Makes the webhook, from the newest event on, or gives back the one that has this id.</summary>
    [Alias("Create")]
    Task<Webhook> Create(Webhook webhook);

    /// <summary>Deletes the webhook for good: nothing more is sent from then on.</summary>
    /// <returns>False where no webhook has this id.</returns>
    [Alias("Delete")]
    Task<bool> Delete();

    /// <summary>Takes a parked webhook up where it stopped, and has a failing one tried at once.</summary>
    /// <returns>Null where no webhook has this id.</returns>
    [Alias("Resume")]
    Task<Webhook?> Resume();

    /// <summary>
    /// Sends an event of type <c>couch.webhook.test</c>, which is not in the log, and answers what the receiver said. Changes nothing.
    /// Whoever asks while one is under way gets its answer.
    /// </summary>
    /// <param name="by">By which host key.</param>
    /// <returns>Null where no webhook has this id.</returns>
    [AlwaysInterleave, Alias("Test"), ResponseTimeout("00:00:30")]
    Task<WebhookAnswer?> Test(Actor by);

    /// <summary>Has whatever is due begin, if it has not. Safe at any time, any number of times.</summary>
    [Alias("Wake")]
    Task Wake();

    /// <summary>The receiver has taken this event. Durable once answered.</summary>
    /// <returns>Whether the next may be sent.</returns>
    [Alias("ObserveDelivered")]
    Task<bool> ObserveDelivered(long eventId);

    /// <summary>The receiver has not taken this event, and whoever sent it sends no more.</summary>
    /// <param name="isGone">Whether the receiver says that it wants no more.</param>
    [Alias("ObserveFailed")]
    Task ObserveFailed(long eventId, string error, bool isGone);
}
