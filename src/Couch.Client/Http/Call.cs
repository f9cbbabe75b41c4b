using System.Globalization;
using System.Net.Http.Headers;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Couch.Client.Http;

/// <summary>One operation of the protocol, as it is sent: as often as it must be, each time the same.</summary>
/// <param name="method">The method.</param>
/// <param name="path">Relative to the couch's address, such as <c>couch/guests</c>.</param>
internal sealed class Call(HttpMethod method, string path)
{
    private static readonly MediaTypeHeaderValue JsonBody = new("application/json");
    private static readonly ReadOnlyMemory<byte> Nothing = "{}"u8.ToArray();

    private ReadOnlyMemory<byte>? body;

    /// <summary>What follows the path.</summary>
    public Query Query { get; init; } = new();

    /// <summary>A guest's token, in place of the host key.</summary>
    public Secret? Token { get; init; }

    /// <summary>Whether neither a host key nor a token is sent: a public endpoint needs none, and so does not see one.</summary>
    public bool IsPublic { get; init; }

    public string? IdempotencyKey { get; init; }

    public string? IfNoneMatch { get; init; }

    public long? LastEventId { get; init; }

    public string Accept { get; init; } = "application/json";

    public Repeats Repeats { get; init; } = Repeats.Always;

    /// <summary>
    /// Whether 404 is success where the request was sent before without an answer: what it was to delete is gone then.
    /// </summary>
    public bool IsDoneWhenGone { get; init; }

    public static Call Get(string path) => new(HttpMethod.Get, path);

    public static Call Post(string path) => new(HttpMethod.Post, path);

    public static Call Put(string path) => new(HttpMethod.Put, path);

    public static Call Delete(string path) => new(HttpMethod.Delete, path);

    /// <summary>The same call with a JSON body, written once for all attempts.</summary>
    public Call With<T>(T value, JsonTypeInfo<T> type)
    {
        body = JsonSerializer.SerializeToUtf8Bytes(value, type);
        return this;
    }

    public HttpRequestMessage ToRequest(Uri address, string? hostKey)
    {
        var request = new HttpRequestMessage(method, new Uri(address, path + Query));
        var headers = request.Headers;
        headers.Accept.Add(new(Accept));
        // A problem has a media type of its own: who negotiates strictly is told that it is welcome.
        headers.Accept.Add(new("application/problem+json"));
        if (Token is { } token)
            headers.Authorization = new("Bearer", token.Reveal());
        else if (hostKey is not null && !IsPublic)
            headers.Authorization = new("Bearer", hostKey);
        if (IdempotencyKey is not null)
            headers.TryAddWithoutValidation("Idempotency-Key", IdempotencyKey);
        if (IfNoneMatch is not null)
            headers.TryAddWithoutValidation("If-None-Match", IfNoneMatch);
        if (LastEventId is { } id)
            headers.TryAddWithoutValidation("Last-Event-ID", id.ToString(CultureInfo.InvariantCulture));
        // A request without a body is sent again by .NET itself where an idle connection turns out to be closed.
        if ((body ?? (Repeats is Repeats.IfNothingWasDone ? Nothing : null)) is { } bytes)
        {
            request.Content = new ReadOnlyMemoryContent(bytes);
            request.Content.Headers.ContentType = JsonBody;
        }

        return request;
    }
}
