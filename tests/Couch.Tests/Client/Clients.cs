using System.Net;
using System.Text.Json.Nodes;
using Couch.Client;
using Couch.Tests.Support;

namespace Couch.Tests.Client;

/// <summary>Clients as their users make them, but with pauses that nobody has to wait for.</summary>
internal static class Clients
{
    private static readonly HttpClient Http = Over(null);

    /// <summary>A client of a real couch.</summary>
    public static CouchClient Of(CouchHost couch, string? hostKey = null, HttpClient? http = null) => Of(couch.Address, hostKey, http);

    public static CouchClient Of(Uri address, string? hostKey = null, HttpClient? http = null, int mostAttempts = 5) => new(
        http ?? Http,
        new()
        {
            Address = address,
            HostKey = hostKey,
            MostAttempts = mostAttempts,
            FirstPause = TimeSpan.FromMilliseconds(1),
            LongestPause = TimeSpan.FromMilliseconds(20),
        });

    /// <summary>An <see cref="HttpClient"/> whose requests <paramref name="between"/> sees on their way to the network.</summary>
    public static HttpClient Over(DelegatingHandler? between)
    {
        var network = new Descriptions(new SocketsHttpHandler { UseCookies = false });
        if (between is null)
            return new(network);
        between.InnerHandler = network;
        return new(between);
    }

    /// <summary>What is in the field of an event's payload, as text.</summary>
    public static string? Said(this CouchEvent happened, string field) => (string?)JsonNode.Parse(happened.Payload.GetRawText())![field];

    /// <summary>Everything that comes, in a list.</summary>
    public static async Task<List<T>> ToList<T>(this IAsyncEnumerable<T> items)
    {
        var list = new List<T>();
        await foreach (var item in items)
            list.Add(item);
        return list;
    }
}

/// <summary>Remembers which operations were called, and how they were answered.</summary>
internal sealed class Recorder : DelegatingHandler
{
    private readonly Lock gate = new();
    private readonly List<(string Operation, Uri Address, HttpStatusCode Status)> calls = [];

    public IReadOnlyList<(string Operation, Uri Address, HttpStatusCode Status)> Calls
    {
        get
        {
            lock (gate)
                return [.. calls];
        }
    }

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var response = await base.SendAsync(request, cancellationToken);
        var path = string.Join('/', request.RequestUri!.AbsolutePath.Split('/').Select(part => part.Length == 26 ? "{id}" : part));
        lock (gate)
            calls.Add(($"{request.Method} {path}", request.RequestUri, response.StatusCode));
        return response;
    }
}
