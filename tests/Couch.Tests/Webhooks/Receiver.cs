using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Couch.Domain.Capabilities;
using Couch.Tests.Support;
using Microsoft.AspNetCore.Http;
using Xunit;

namespace Couch.Tests.Webhooks;

/// <summary>
/// Somebody who is sent events over HTTP, remembers each delivery, and answers as a test says: 200, unless it says otherwise.
/// </summary>
internal sealed class Receiver : IAsyncDisposable
{
    private readonly List<Delivery> got = [];
    private readonly TaskCompletionSource open = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private StubServer server = null!;

    private volatile Func<HttpContext, Delivery, Task> answer = (_, _) => Task.CompletedTask;

    public string Url => $"{server.Address}events";

    public int Port => server.Address.Port;

    /// <summary>Every delivery that has come, whatever it was answered.</summary>
    public IReadOnlyList<Delivery> Got
    {
        get
        {
            lock (got)
                return [.. got];
        }
    }

    public static async Task<Receiver> Start(Func<HttpContext, Delivery, Task>? answer = null)
    {
        var receiver = new Receiver();
        receiver.Answer(answer ?? receiver.answer);
        receiver.server = await StubServer.Start(receiver.Take);
        return receiver;
    }

    /// <summary>Answers each with this status code.</summary>
    public static Task<Receiver> Start(int status) => Start(Status(status));

    /// <summary>Does not answer until it is disposed.</summary>
    public static async Task<Receiver> StartHanging()
    {
        var receiver = await Start();
        receiver.Answer((context, _) => receiver.open.Task.WaitAsync(context.RequestAborted));
        return receiver;
    }

    public void Answer(Func<HttpContext, Delivery, Task> how) => answer = how;

    public void Answer(int status) => answer = Status(status);

    public Task Gets(int count, TimeSpan bound) =>
        Until.True(() => Task.FromResult(Got.Count >= count), bound, $"{count} deliveries, of which {Got.Count} have come");

    public ValueTask DisposeAsync()
    {
        open.TrySetResult();
        return server.DisposeAsync();
    }

    private static Func<HttpContext, Delivery, Task> Status(int status) => (context, _) =>
    {
        context.Response.StatusCode = status;
        return Task.CompletedTask;
    };

    private async Task Take(HttpContext context)
    {
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body);
        var headers = context.Request.Headers;
        var delivery = new Delivery(
            headers["webhook-id"].ToString(), long.Parse(headers["webhook-timestamp"].ToString(), CultureInfo.InvariantCulture),
            headers["webhook-signature"].ToString(), body.ToArray());
        lock (got)
            got.Add(delivery);
        await answer(context, delivery);
    }
}

/// <summary>What came in one request.</summary>
internal sealed record Delivery(string Id, long Timestamp, string Signature, byte[] Body)
{
    public JsonNode Json => JsonNode.Parse(Encoding.UTF8.GetString(Body))!;

    /// <summary>When it came.</summary>
    public DateTimeOffset At { get; } = TimeProvider.System.GetUtcNow();

    /// <summary>How long after its event's own moment it came.</summary>
    public TimeSpan Lag => At - (DateTimeOffset)Json["timestamp"]!;

    public long EventId => (long)Json["id"]!;

    public string Type => (string)Json["type"]!;

    /// <summary>As standardwebhooks.com has receivers do it.</summary>
    public bool IsSignedBy(string secret)
    {
        Assert.True(WebhookSecret.TryParse(secret, out var read));
        return Signature.Split(' ').Contains(read.Sign(Id, Timestamp, Body));
    }
}
