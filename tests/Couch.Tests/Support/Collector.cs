using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Logging;

namespace Couch.Tests.Support;

/// <summary>A collector that takes whatever a couch sends by OTLP over HTTP, and keeps it byte for byte.</summary>
internal sealed class Collector : IAsyncDisposable
{
    private readonly WebApplication app;
    private readonly ConcurrentQueue<(string Path, string Body)> received = new();

    private Collector(WebApplication app) => this.app = app;

    /// <summary>What a couch is told, so that it sends here.</summary>
    public Dictionary<string, string> Settings => new()
    {
        ["OTEL_EXPORTER_OTLP_ENDPOINT"] = app.Urls.First(),
        ["OTEL_EXPORTER_OTLP_PROTOCOL"] = "http/protobuf",
        ["OTEL_BSP_SCHEDULE_DELAY"] = "200",
    };

    /// <summary>What has come to <c>/v1/traces</c> or <c>/v1/metrics</c>: texts in it read as they are.</summary>
    public IReadOnlyList<string> Received(string path) => [.. received.Where(one => one.Path == path).Select(one => one.Body)];

    /// <summary>Whether a span of that trace has come whose name begins so.</summary>
    public bool HasSpan(ActivityTraceId trace, string name)
    {
        Span<byte> id = stackalloc byte[16];
        trace.CopyTo(id);
        // A span begins with its trace's id; its own id and its parent's stand between that and its name.
        var (begin, within) = (Encoding.Latin1.GetString(id), 40 + name.Length);
        return Received("/v1/traces").Any(
            body => Places(body).Any(at => body.AsSpan(at, Math.Min(within, body.Length - at)).Contains(name, StringComparison.Ordinal)));

        IEnumerable<int> Places(string body)
        {
            for (var at = body.IndexOf(begin, StringComparison.Ordinal); at >= 0; at = body.IndexOf(begin, at + 1,
                StringComparison.Ordinal))
                yield return at + begin.Length;
        }
    }

    public static async Task<Collector> Start()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var collector = new Collector(builder.Build());
        collector.app.Run(async context =>
        {
            using var body = new MemoryStream();
            await context.Request.Body.CopyToAsync(body);
            collector.received.Enqueue((context.Request.Path, Encoding.Latin1.GetString(body.ToArray())));
        });
        await collector.app.StartAsync();
        return collector;
    }

    public ValueTask DisposeAsync() => app.DisposeAsync();
}
