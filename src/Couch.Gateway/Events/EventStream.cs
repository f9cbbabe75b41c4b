using System.Buffers;
using System.Globalization;
using System.Net.ServerSentEvents;
using System.Reflection;
using Couch.Cluster.Events;
using Couch.Cluster.Storage;
using Couch.Cluster.Telemetry;
using Couch.Gateway.Access;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Http.Metadata;

namespace Couch.Gateway.Events;

/// <summary>
/// The log as an open stream of server-sent events. It holds nothing for its reader but its place: a reader that does not read is
/// closed, and resumes. It ends with the caller's key, with the process, and where the log cannot be read.
/// </summary>
/// <param name="since">The number of the last event that the reader has; null: from now on.</param>
public sealed class EventStream(long? since, EventFilter filter) : IResult, IEndpointMetadataProvider
{
    /// <summary>The header by which a client resumes.</summary>
    public const string LastEventId = "Last-Event-ID";

    private const string ContentType = "text/event-stream";

    /// <summary>How often a silent stream says that it lives, and asks whether its caller still may read.</summary>
    private static readonly TimeSpan Heartbeat = TimeSpan.FromSeconds(15);

    /// <summary>How long a reader may take to read what was sent, before it is closed.</summary>
    private static readonly TimeSpan LongestWrite = TimeSpan.FromSeconds(30);

    private static readonly ReadOnlyMemory<byte> Comment = ":\n\n"u8.ToArray();

    /// <inheritdoc/>
    public static void PopulateMetadata(MethodInfo method, EndpointBuilder builder) =>
        builder.Metadata.Add(new ProducesResponseTypeMetadata(StatusCodes.Status200OK, typeof(string), [ContentType]));

    /// <inheritdoc/>
    public async Task ExecuteAsync(HttpContext httpContext)
    {
        var services = httpContext.RequestServices;
        var ending = services.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping;
        using var end = CancellationTokenSource.CreateLinkedTokenSource(httpContext.RequestAborted, ending);
        httpContext.Features.Get<IHttpResponseBodyFeature>()?.DisableBuffering();
        httpContext.Response.ContentType = ContentType;
        // Proxies of nginx's kind would keep events back.
        httpContext.Response.Headers["X-Accel-Buffering"] = "no";
        try
        {
            // Known before the answer begins: what happens after its reader has seen it begin is in it.
            var from = since ?? await services.GetRequiredService<EventLog>().Newest(end.Token);
            await Write(httpContext, body => body.WriteAsync(Comment, end.Token).AsTask(), end);
            var clock = services.GetRequiredService<TimeProvider>();
            var asked = clock.GetTimestamp();
            await foreach (var batch in services.GetRequiredService<EventTail>().Follow(from, filter, Heartbeat, end.Token))
            {
                if (clock.GetElapsedTime(asked) >= Heartbeat)
                {
                    var isWelcome = await IsStillWelcome(httpContext);
                    // While it is not known, because the database is away, nothing but the comment is sent.
                    if (isWelcome is false || (isWelcome is null && batch.Count > 0))
                        return;
                    if (isWelcome is true)
                        asked = clock.GetTimestamp();
                }

                await Write(
                    httpContext, body => batch.Count == 0
                        ? body.WriteAsync(Comment, end.Token).AsTask()
                        : SseFormatter.WriteAsync(Items(batch), body, (item, writer) => writer.Write(item.Data.Span), end.Token), end);
                if (batch.Count > 0)
                    services.GetRequiredService<CouchMeter>().EventsSent(batch.Count);
            }
        }
        catch (OperationCanceledException) when (end.IsCancellationRequested)
        {
        }
    }

    /// <summary>Sends, or ends the connection where the reader does not take it.</summary>
    private static async Task Write(HttpContext context, Func<Stream, Task> write, CancellationTokenSource end)
    {
        end.CancelAfter(LongestWrite);
        await write(context.Response.Body);
        await context.Response.Body.FlushAsync(end.Token);
        end.CancelAfter(Timeout.InfiniteTimeSpan);
    }

    private static async IAsyncEnumerable<SseItem<ReadOnlyMemory<byte>>> Items(IReadOnlyList<LoggedEvent> batch)
    {
        foreach (var one in batch)
            yield return new(one.Record, one.Type) { EventId = one.Id.ToString(CultureInfo.InvariantCulture) };
        await Task.CompletedTask;
    }

    /// <summary>A key that was revoked, or has come to its end, reads on for a heartbeat and a second at most.</summary>
    /// <returns>Null where the database does not say.</returns>
    internal static async Task<bool?> IsStillWelcome(HttpContext context)
    {
        var authorization = context.RequestServices.GetRequiredService<IAuthorizationService>();
        try
        {
            return (await authorization.AuthorizeAsync(context.User, context, HostAccess.Policy)).Succeeded;
        }
        catch (StorageUnavailableException)
        {
            return null;
        }
    }
}
