using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Xunit;

namespace Couch.Tests.Support;

/// <summary>Somebody who talks HTTP to a couch, and keeps nothing between two requests.</summary>
internal sealed class Caller(Uri address)
{
    // One for all: clients of their own would each leave connections behind.
    private static readonly HttpClient Http = new(new Descriptions(new SocketsHttpHandler
    {
        UseCookies = false,
        AllowAutoRedirect = false,
        RequestHeaderEncodingSelector = (_, _) => Encoding.UTF8,
    }));

    private readonly List<(string Name, string Value)> headers = [];

    /// <summary>The same caller, sending one header more.</summary>
    public Caller Sending(string name, string value)
    {
        var caller = new Caller(address);
        caller.headers.AddRange([.. headers, (name, value)]);
        return caller;
    }

    public Task<Answer> Get(string path) => Send(HttpMethod.Get, path);

    public Task<Answer> Delete(string path) => Send(HttpMethod.Delete, path);

    public Task<Answer> Post(string path, object? body = null) => Send(HttpMethod.Post, path, Json(body));

    public Task<Answer> Put(string path, object? body = null) => Send(HttpMethod.Put, path, Json(body));

    public async Task<Answer> Send(HttpMethod method, string path, HttpContent? content = null)
    {
        using var request = new HttpRequestMessage(method, new Uri(address, path)) { Content = content };
        foreach (var (name, value) in headers)
            request.Headers.TryAddWithoutValidation(name, value);
        using var response = await Http.SendAsync(request);
        return new Answer(
            (int)response.StatusCode, response.Headers, response.Content.Headers, await response.Content.ReadAsStringAsync());
    }

    public static HttpContent Text(string text, string contentType = "application/json")
    {
        var content = new ByteArrayContent(Encoding.UTF8.GetBytes(text));
        content.Headers.TryAddWithoutValidation("Content-Type", contentType);
        return content;
    }

    /// <summary>A string is sent as it is, anything else as JSON.</summary>
    private static HttpContent? Json(object? body) => body switch
    {
        null => null,
        string text => Text(text),
        _ => Text(JsonSerializer.Serialize(body)),
    };
}

internal sealed record Answer(int Status, HttpResponseHeaders Headers, HttpContentHeaders ContentHeaders, string Body)
{
    public JsonNode Json => JsonNode.Parse(Body)!;

    /// <summary>A field as text; null where it is null or missing.</summary>
    public string? this[string field] => Json[field]?.ToString();

    public IEnumerable<string> Fields => Json.AsObject().Select(pair => pair.Key).Order();

    public string Header(string name) => string.Join(", ", Headers.GetValues(name));

    public Answer Is(int status)
    {
        Assert.True(Status == status, $"{status} expected: {Status} {Body}");
        return this;
    }

    /// <summary>It says no, with this status code and, if given, this sentence, in the one shape that a no has.</summary>
    public Answer Refuses(int status, string? error = null)
    {
        Is(status);
        Assert.Equal("application/problem+json", ContentHeaders.ContentType?.MediaType);
        Assert.Equal("about:blank", this["type"]);
        Assert.Equal(status, (int)Json["status"]!);
        Assert.False(string.IsNullOrEmpty(this["title"]));
        Assert.False(string.IsNullOrEmpty(this["detail"]));
        Assert.False(string.IsNullOrEmpty(this["error"]));
        if (error is not null)
            Assert.Equal(error, this["error"]);
        return this;
    }
}
