using System.Net.Http.Headers;
using System.Net.ServerSentEvents;

namespace Couch.Tests.Support;

/// <summary>A client that follows the log of events.</summary>
internal sealed class EventReader : IAsyncDisposable
{
    private static readonly HttpClient Http = new(new SocketsHttpHandler { UseCookies = false, MaxConnectionsPerServer = int.MaxValue })
    {
        Timeout = Timeout.InfiniteTimeSpan,
    };

    private readonly HttpResponseMessage response;
    private readonly IAsyncEnumerator<SseItem<string>> items;

    private EventReader(HttpResponseMessage response, Stream body)
    {
        this.response = response;
        items = SseParser.Create(body).EnumerateAsync().GetAsyncEnumerator();
    }

    /// <summary>Opens a stream; it has begun once this returns.</summary>
    /// <param name="key">A host key; null sends none.</param>
    /// <param name="query">Beginning with a question mark.</param>
    public static async Task<EventReader> Open(Uri couch, string? key, string query = "", string? lastEventId = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(couch, "/couch/events/stream" + query));
        if (key is not null)
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", key);
        if (lastEventId is not null)
            request.Headers.Add("Last-Event-ID", lastEventId);
        var response = await Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        response.EnsureSuccessStatusCode();
        var body = await response.Content.ReadAsStreamAsync();
        return new(response, body);
    }

    /// <summary>The next event.</summary>
    /// <exception cref="EndOfStreamException">The couch has closed the stream.</exception>
    public async Task<SseItem<string>> Next(TimeSpan bound)
    {
        if (!await items.MoveNextAsync().AsTask().WaitAsync(bound))
            throw new EndOfStreamException();
        return items.Current;
    }

    /// <summary>All events up to the next of this type, which is the last of them.</summary>
    public async Task<List<SseItem<string>>> Until(string type, TimeSpan bound)
    {
        var seen = new List<SseItem<string>>();
        do
            seen.Add(await Next(bound));
        while (seen[^1].EventType != type);
        return seen;
    }

    public ValueTask DisposeAsync()
    {
        response.Dispose();
        return ValueTask.CompletedTask;
    }
}
