using System.Net.ServerSentEvents;
using System.Text.Json;
using Couch.Client.Http;
using Couch.Client.Json;

namespace Couch.Client;

/// <summary>One connection over which events come, until it is lost.</summary>
internal sealed class EventStream : IAsyncDisposable
{
    public const string MediaType = "text/event-stream";

    private readonly HttpResponseMessage response;
    private readonly IAsyncEnumerator<SseItem<CouchEvent>> items;

    private EventStream(HttpResponseMessage response, Stream body, CancellationToken cancel)
    {
        this.response = response;
        items = SseParser.Create(body, (_, record) => Event(record)).EnumerateAsync(cancel).GetAsyncEnumerator(cancel);
    }

    /// <param name="cancel">For the whole life of the stream.</param>
    public static async Task<EventStream> Open(HttpResponseMessage response, CouchClientOptions options, CancellationToken cancel)
    {
        var body = await response.Content.ReadAsStreamAsync(cancel).ConfigureAwait(false);
        return new(response, new WatchedStream(body, options.LongestSilence, options.Clock), cancel);
    }

    /// <summary>The next event, once it is there; null where the connection has ended or was lost.</summary>
    /// <exception cref="CouchException">What came is no event.</exception>
    public async Task<CouchEvent?> Next(CancellationToken cancel)
    {
        try
        {
            return await items.MoveNextAsync().ConfigureAwait(false) ? items.Current.Data : null;
        }
        catch (JsonException unreadable)
        {
            throw CouchException.Unreadable(response.StatusCode, unreadable);
        }
        catch (Exception lost) when (CouchUnavailableException.IsLoss(lost, cancel))
        {
            return null;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await items.DisposeAsync().ConfigureAwait(false);
        response.Dispose();
    }

    private static CouchEvent Event(ReadOnlySpan<byte> record) =>
        JsonSerializer.Deserialize(record, AnswerJson.Default.CouchEvent) ?? throw new JsonException("an event is null");
}
