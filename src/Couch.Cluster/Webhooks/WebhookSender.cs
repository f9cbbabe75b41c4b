using System.Globalization;
using System.Net.Http.Headers;
using Couch.Cluster.Telemetry;
using Couch.Domain.Capabilities;
using Couch.Domain.Webhooks;

namespace Couch.Cluster.Webhooks;

/// <summary>
/// Sends one event to one receiver, signed as standardwebhooks.com defines it. Deliveries begin in groups, so that very many at one
/// moment do not crowd each other. A place among those that begin is kept for a moment at most: then the next begins, however many
/// receivers are slow or hang. A webhook has one delivery at a time, so their number bounds those that are under way.
/// </summary>
internal sealed class WebhookSender : IDisposable
{
    /// <summary>The bound for one delivery, from the name's resolution to the answer.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);

    private const int BeginAtOnce = 192;

    private static readonly TimeSpan LongestBeginning = TimeSpan.FromMilliseconds(100);

    private readonly HttpMessageInvoker http;
    private readonly SigningKeys signing;
    private readonly CouchMeter meter;
    private readonly TimeProvider clock;
    private readonly SemaphoreSlim beginnings = new(BeginAtOnce);

    public WebhookSender(WebhookConnections connections, SigningKeys signing, CouchMeter meter, TimeProvider clock)
    {
        (this.signing, this.meter, this.clock) = (signing, meter, clock);
        http = new(connections.Handler());
    }

    /// <summary>Sends the event once it may begin.</summary>
    /// <param name="eventId">The delivery's <c>webhook-id</c>: the same at each attempt.</param>
    public async Task<WebhookAnswer> Send(Webhook webhook, string eventId, ReadOnlyMemory<byte> body, CancellationToken cancel)
    {
        var sending = await beginnings.Run(() => Begin(webhook, eventId, body, cancel), cancel);
        var answer = await sending;
        meter.WebhookSent(answer.Error is null ? "delivered" : "failed");
        return answer;
    }

    public void Dispose()
    {
        http.Dispose();
        beginnings.Dispose();
    }

    /// <summary>Returns the delivery once it has its answer, or has had its time to begin.</summary>
    private async Task<Task<WebhookAnswer>> Begin(
        Webhook webhook, string eventId, ReadOnlyMemory<byte> body, CancellationToken cancel)
    {
        var sending = SendNow(webhook, eventId, body, cancel);
        await ((Task)sending).WaitAsync(LongestBeginning, clock, cancel).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return sending;
    }

    private async Task<WebhookAnswer> SendNow(Webhook webhook, string eventId, ReadOnlyMemory<byte> body, CancellationToken cancel)
    {
        var began = clock.GetTimestamp();
        using var bound = new CancellationTokenSource(Patience, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancel, bound.Token);
        try
        {
            using var request = Request(webhook, eventId, body);
            // Waits for the headers only; the answer's body is not needed.
            using var response = await http.SendAsync(request, either.Token);
            return new((int)response.StatusCode, WhyNot(response), clock.GetElapsedTime(began));
        }
        catch (Exception failure) when (!cancel.IsCancellationRequested)
        {
            var error = bound.IsCancellationRequested
                ? $"no answer within {Patience.TotalSeconds:0} s"
                : failure is HttpRequestException ? failure.GetBaseException().Message : $"{failure.GetType().Name}: {failure.Message}";
            return new(null, error, clock.GetElapsedTime(began));
        }
    }

    private HttpRequestMessage Request(Webhook webhook, string eventId, ReadOnlyMemory<byte> body)
    {
        var timestamp = clock.GetUtcNow().ToUnixTimeSeconds();
        var content = new ReadOnlyMemoryContent(body);
        content.Headers.ContentType = new MediaTypeHeaderValue("application/json", "utf-8");
        var request = new HttpRequestMessage(HttpMethod.Post, webhook.Url) { Content = content };
        request.Headers.TryAddWithoutValidation("User-Agent", "couch-webhooks/1");
        request.Headers.TryAddWithoutValidation("webhook-id", eventId);
        request.Headers.TryAddWithoutValidation("webhook-timestamp", timestamp.ToString(CultureInfo.InvariantCulture));
        request.Headers.TryAddWithoutValidation(
            "webhook-signature",
            string.Join(' ', signing.SecretsOf(webhook.Id).Select(secret => secret.Sign(eventId, timestamp, body.Span))));
        return request;
    }

    private static string? WhyNot(HttpResponseMessage response) => (int)response.StatusCode switch
    {
        >= 200 and < 300 => null,
        >= 300 and < 400 and var status => $"answered {status}, and redirects are not followed",
        410 => "answered 410: gone",
        var status => $"answered {status}",
    };
}
