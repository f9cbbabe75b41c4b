using System.Collections.Concurrent;
using Couch.Tests.Support;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Couch.Tests.Cli;

/// <summary>Stands before a real couch, and answers some paths as a test says.</summary>
internal sealed class TamperedCouch : IAsyncDisposable
{
    private static readonly HttpClient Http = new(new SocketsHttpHandler { UseCookies = false, AllowAutoRedirect = false });
    private static readonly string[] Passed =
    [
        "Authorization", "Accept", "Idempotency-Key", "If-None-Match", "Last-Event-ID", "MCP-Protocol-Version", "Mcp-Method", "Mcp-Name",
    ];

    private readonly ConcurrentQueue<string> targets = new();

    private readonly Uri couch;
    private readonly ConcurrentDictionary<string, RequestDelegate> own = new();
    private StubServer server = null!;

    private TamperedCouch(Uri couch) => this.couch = couch;

    public Uri Address => server.Address;

    /// <summary>The paths and queries that were asked for, as they were sent.</summary>
    public IReadOnlyCollection<string> Targets => targets;

    /// <summary>How far its clock is wrong.</summary>
    public TimeSpan ClockApart { get; set; }

    public static async Task<TamperedCouch> Before(Uri couch)
    {
        var tampered = new TamperedCouch(couch);
        tampered.server = await StubServer.Start(tampered.Answer);
        return tampered;
    }

    /// <summary>From now on this path is answered so.</summary>
    public void Answers(string path, RequestDelegate how) => own[path] = how;

    /// <inheritdoc cref="Answers(string, RequestDelegate)"/>
    public void Answers(string path, int status, string body) => Answers(path, context =>
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = status < 400 ? "application/json" : "application/problem+json";
        return context.Response.WriteAsync(body);
    });

    /// <summary>The couch itself answers it again.</summary>
    public void Heal(string path) => own.TryRemove(path, out _);

    /// <summary>Its summary says that this is owed.</summary>
    public void Owes(string owed) => Answers("/couch/summary", 200,
        $$"""{"at":"2026-11-29T12:00:00.000Z","guests":{},"invites":{},"usage":{},"owed":{{owed}}}""");

    /// <summary>Asks the couch, and gives its answer to the caller.</summary>
    public async Task PassOn(HttpContext context, bool isAnswerLost = false)
    {
        using var request = new HttpRequestMessage(
            new(context.Request.Method), new Uri(couch, context.Request.Path + context.Request.QueryString.Value));
        foreach (var name in Passed.Where(context.Request.Headers.ContainsKey))
            request.Headers.TryAddWithoutValidation(name, context.Request.Headers[name].AsEnumerable());
        if (context.Request.ContentType is { } type)
        {
            request.Content = new StreamContent(context.Request.Body);
            request.Content.Headers.ContentType = new(type);
        }

        using var response = await Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, context.RequestAborted);
        if (isAnswerLost)
        {
            context.Abort();
            return;
        }

        context.Response.StatusCode = (int)response.StatusCode;
        context.Response.ContentType = response.Content.Headers.ContentType?.ToString();
        context.Response.Headers.ETag = response.Headers.ETag?.ToString();
        if (ClockApart != TimeSpan.Zero)
            context.Response.Headers.Date = TimeProvider.System.GetUtcNow().Add(ClockApart).ToString("R");
        if (response.StatusCode is not System.Net.HttpStatusCode.NotModified)
            await response.Content.CopyToAsync(context.Response.Body, context.RequestAborted);
    }

    public ValueTask DisposeAsync() => server.DisposeAsync();

    private Task Answer(HttpContext context)
    {
        targets.Enqueue(context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget);
        return own.TryGetValue(context.Request.Path.Value ?? "", out var how) ? how(context) : PassOn(context);
    }
}
