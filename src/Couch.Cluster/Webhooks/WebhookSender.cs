using System.Globalization;
using System.Net.Http.Headers;
using Couch.Cluster.Delivery;
using Couch.Cluster.Telemetry;
using Couch.Domain.Capabilities;
using Couch.Domain.Webhooks;

namespace Couch.Cluster.Webhooks;

/// <summary>
/// Sends one event to one receiver, signed as standardwebhooks.com defines it. Receivers whose last attempt failed have a lane of their
/// own, so that receivers that hang delay others for one attempt at most.
/// </summary>
internal sealed class WebhookSender : IDisposable
{
    /// <summary>The bound for one delivery, from the name's resolution to the answer.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);

    private const int AtOnce = 192;
    private const int FailingAtOnce = 64;

    private readonly HttpMessageInvoker http;
    private readonly SigningKeys signing;
    private readonly CouchMeter meter;
    private readonly TimeProvider clock;
    private readonly Lane healthy = new(AtOnce) { Pause = _ => TimeSpan.Zero };
    private readonly Lane failing = new(FailingAtOnce) { Pause = _ => TimeSpan.Zero };

    public WebhookSender(WebhookConnections connections, SigningKeys signing, CouchMeter meter, TimeProvider clock)
    {
        (this.signing, this.meter, this.clock) = (signing, meter, clock);
        http = new(connections.Handler());
    }

    /// <summary>Sends the event once the lane has a free place.</summary>
    /// <param name="eventId">The delivery's <c>webhook-id</c>: the same at each attempt.</param>
    /// <param name="hasFailed">Whether this receiver's last attempt failed.</param>
    public async Task<WebhookAnswer> Send(
        Webhook webhook, string eventId, ReadOnlyMemory<byte> body, bool hasFailed, CancellationToken cancel)
    {
        var answer = await (hasFailed ? failing : healthy).Run(() => SendNow(webhook, eventId, body, cancel), cancel);
        meter.WebhookSent(answer.Error is null ? "delivered" : "failed");
        return answer;
    }

    public void Dispose()
    {
        http.Dispose();
        healthy.Dispose();
        failing.Dispose();
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
