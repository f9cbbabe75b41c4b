using System.Text.Json;
using Couch.Domain.Bulk;
using Microsoft.AspNetCore.Http.Json;
using Microsoft.Extensions.Options;

namespace Couch.Gateway.Bulk;

/// <summary>An order's progress as lines of JSON, each with all there is so far; the last is the result.</summary>
public sealed class BulkProgress : IResult
{
    private const string ContentType = "application/x-ndjson";

    private readonly IAsyncEnumerable<BulkOrder> orders;
    private readonly Func<BulkOrder, object> view;

    internal BulkProgress(IAsyncEnumerable<BulkOrder> orders, Func<BulkOrder, object> view) => (this.orders, this.view) = (orders, view);

    /// <inheritdoc/>
    public async Task ExecuteAsync(HttpContext httpContext)
    {
        var json = httpContext.RequestServices.GetRequiredService<IOptions<JsonOptions>>().Value.SerializerOptions;
        httpContext.Response.ContentType = ContentType;
        try
        {
            var isFinished = false;
            await foreach (var order in orders)
            {
                isFinished = order.IsFinished;
                var line = view(order);
                await httpContext.Response.Body.WriteAsync(JsonSerializer.SerializeToUtf8Bytes(line, line.GetType(), json));
                await httpContext.Response.Body.WriteAsync("\n"u8.ToArray());
                await httpContext.Response.Body.FlushAsync();
            }

            // The last line is the result: without one the answer must not look whole.
            if (!isFinished)
                httpContext.Abort();
        }
        catch (Exception) when (httpContext.RequestAborted.IsCancellationRequested)
        {
        }
    }

    /// <summary>Whether the caller asks for lines rather than one answer.</summary>
    internal static bool IsWanted(HttpRequest request) =>
        request.GetTypedHeaders().Accept.Any(accepted => accepted.MediaType.Equals(ContentType, StringComparison.OrdinalIgnoreCase));

    /// <summary>Describes both forms of the answer.</summary>
    internal static ProducesResponseTypeMetadata Describes<TView>() =>
        new(StatusCodes.Status200OK, typeof(TView), ["application/json", ContentType]);
}
