using System.Collections.Concurrent;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using Couch.Client;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Couch.Tests.Client;

/// <summary>
/// Stands in for a couch and the way to it: answers what a test says, in that order, on a clock that only the test moves.
/// </summary>
internal sealed class StubCouch : HttpMessageHandler
{
    public const string InviteText =
        """
        {"id":"01ARZ3NDEKTSV4RRFFQ69G5FAV","code":"inv_abc","label":"","status":"active","createdBy":"noah",
         "resourceLimits":{"maxCpuCores":2,"maxMemoryMB":4096,"maxDiskGB":20,"maxNetworkEgressGB":10,"maxDurationHours":72,
         "maxTokenBudget":50000000},
         "permissions":{"canAccessInternet":true,"canSpawnSubAgents":false,"canAccessHostServices":false},
         "createdAt":"2026-11-23T12:00:00.123Z","expiresAt":"2026-11-24T12:00:00.123Z"}
        """;

    private readonly ConcurrentQueue<Func<HttpResponseMessage>> answers = new();

    /// <summary>What has come, in order.</summary>
    public ConcurrentQueue<(string Line, HttpRequestHeaders Headers, string Body)> Seen { get; } = new();

    public FakeTimeProvider Clock { get; } = new();

    public int Left => answers.Count;

    public CouchClient Client(Action<CouchClientOptions>? configure = null)
    {
        var options = new CouchClientOptions { Address = new("http://couch.example/under"), HostKey = "k", Clock = Clock };
        configure?.Invoke(options);
        return new(new HttpClient(this), options);
    }

    public StubCouch Says(string body, HttpStatusCode status = HttpStatusCode.OK, string type = "application/json") =>
        Says(() => new(status) { Content = new StringContent(body, Encoding.UTF8, type) });

    public StubCouch Says(Stream body, string type) => Says(() =>
    {
        var content = new StreamContent(body);
        content.Headers.ContentType = new(type);
        return new(HttpStatusCode.OK) { Content = content };
    });

    public StubCouch Says(HttpStatusCode status, TimeSpan? retryAfter = null) => Says(() =>
    {
        var response = new HttpResponseMessage(status);
        response.Headers.RetryAfter = retryAfter is { } wait ? new(wait) : null;
        return response;
    });

    /// <summary>What was asked arrives, and its answer does not.</summary>
    public StubCouch LosesTheAnswer() => Says(() => throw new HttpRequestException(HttpRequestError.ResponseEnded));

    /// <summary>Nothing arrives.</summary>
    public StubCouch IsNotThere() => Says(() => throw new HttpRequestException(HttpRequestError.ConnectionError));

    /// <summary>The result of a call whose pauses pass at once.</summary>
    public async Task<T> Passing<T>(Task<T> call)
    {
        await Pass(call);
        return await call;
    }

    /// <summary>Lets pauses pass until the call has come to its end, whatever that is.</summary>
    public Task Pass(Task call) => Support.Until.True(
        () =>
        {
            Clock.Advance(TimeSpan.FromSeconds(1));
            return Task.FromResult(call.IsCompleted);
        },
        TimeSpan.FromSeconds(20), "it comes to its end");

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var body = request.Content is null ? "" : await request.Content.ReadAsStringAsync(cancellationToken);
        Seen.Enqueue(($"{request.Method} {request.RequestUri!.PathAndQuery}", request.Headers, body));
        Assert.True(answers.TryDequeue(out var answer), $"nobody said what to answer to {request.Method} {request.RequestUri}");
        return answer();
    }

    /// <summary>Answers with headers of a test's own.</summary>
    public StubCouch Says(Func<HttpResponseMessage> answer)
    {
        answers.Enqueue(answer);
        return this;
    }
}
