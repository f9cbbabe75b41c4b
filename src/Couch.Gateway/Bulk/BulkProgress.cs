using System.Text.Json;
using Couch.Cluster.Membership;
using Couch.Domain.Bulk;
using Microsoft.AspNetCore.Http.Json;
using Microsoft.Extensions.Options;

namespace Couch.Gateway.Bulk;

/// <summary>
/// An order's progress as lines of JSON, each with all there is so far; the last is the result. The first comes at once, so that the
/// connection counts as in use.
/// </summary>
public sealed class BulkProgress : IResult
{
    private const string ContentType = "application/x-ndjson";

    private readonly BulkOrder given;
    private readonly IAsyncEnumerable<BulkOrder> orders;
    private readonly Func<BulkOrder, object> view;

    internal BulkProgress(BulkOrder given, IAsyncEnumerable<BulkOrder> orders, Func<BulkOrder, object> view) =>
        (this.given, this.orders, this.view) = (given, orders, view);

    /// <inheritdoc/>
    public async Task ExecuteAsync(HttpContext httpContext)
    {
        var json = httpContext.RequestServices.GetRequiredService<IOptions<JsonOptions>>().Value.SerializerOptions;
        var lease = httpContext.RequestServices.GetRequiredService<NodeLease>();
        httpContext.Response.ContentType = ContentType;
        try
        {
            await Write(given);
            var last = given;
            await foreach (var order in orders)
            {
                // Another node may know more by now.
                if (!lease.Holds)
                    break;
                await Write(last = order);
            }

            // The last line is the result: without one the answer must not look whole.
            if (!last.IsFinished)
                httpContext.Abort();
        }
        catch (Exception) when (httpContext.RequestAborted.IsCancellationRequested)
        {
        }

        async Task Write(BulkOrder order)
        {
            var line = view(order);
            await httpContext.Response.Body.WriteAsync(JsonSerializer.SerializeToUtf8Bytes(line, line.GetType(), json));
            await httpContext.Response.Body.WriteAsync("\n"u8.ToArray());
            await httpContext.Response.Body.FlushAsync();
        }
    }

    /// <summary>Whether the caller asks for lines rather than one answer.</summary>
    internal static bool IsWanted(HttpRequest request) =>
        request.GetTypedHeaders().Accept.Any(accepted => accepted.MediaType.Equals(ContentType, StringComparison.OrdinalIgnoreCase));

    /// <summary>Describes both forms of the answer.</summary>
    internal static ProducesResponseTypeMetadata Describes<TView>() =>
        new(StatusCodes.Status200OK, typeof(TView), ["application/json", ContentType]);
}
