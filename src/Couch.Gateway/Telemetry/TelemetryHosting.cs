using Couch.Cluster;
using Couch.Cluster.Telemetry;
using Couch.Domain.Keys;
using Couch.Gateway.Access;
using OpenTelemetry.Exporter;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace Couch.Gateway.Telemetry;

/// <summary>
/// Exports the telemetry of the couch and its libraries: Prometheus reads it, and a collector receives it where one is configured.
/// </summary>
internal static class TelemetryHosting
{
    private static readonly string[] Measurements =
    [
        CouchMeter.Name, "Microsoft.Orleans", "Npgsql", "System.Runtime", "System.Net.Http",
        "Microsoft.AspNetCore.Hosting", "Microsoft.AspNetCore.Server.Kestrel",
    ];

    private static readonly string[] Sources =
    [
        CouchTraces.Name, "Npgsql", "System.Net.Http",
        "Microsoft.Orleans.Runtime", "Microsoft.Orleans.Application", "Microsoft.Orleans.Storage", "Microsoft.Orleans.Lifecycle",
    ];

    public static void AddTelemetry(this WebApplicationBuilder builder, HttpOptions http, CouchRole role)
    {
        var telemetry = builder.Services.AddOpenTelemetry()
            .ConfigureResource(
                resource => resource.AddService("couch", serviceVersion: typeof(CouchGateway).Assembly.GetName().Version?.ToString(3)))
            .WithMetrics(metrics => metrics.AddMeter(Measurements).AddPrometheusExporter());
        if (http.Collector is null)
            return;

        // The exporter reads the address, and the other OTEL_EXPORTER_OTLP_… names, by itself; not what is in a file.
        void SendHeaders(OtlpExporterOptions exporter) => exporter.Headers = http.CollectorHeaders ?? exporter.Headers;
        telemetry.WithMetrics(metrics => metrics.AddOtlpExporter(SendHeaders));
        telemetry.WithTracing(traces => traces.AddAspNetCoreInstrumentation(IgnoreProbes).AddSource(Sources).AddOtlpExporter(SendHeaders));
        if (role is CouchRole.Gateway)
            builder.UseOrleansClient(client => client.AddActivityPropagation());
        else
            builder.UseOrleans(silo => silo.AddActivityPropagation());
    }

    /// <summary>Only hosts and their meters may read how many guests a couch has and how it fares.</summary>
    public static void MapMetrics(this IEndpointRouteBuilder app) =>
        app.MapPrometheusScrapingEndpoint("/metrics")
            .WithMetadata(new HttpMethodMetadata([HttpMethods.Get]))
            .RequireAuthorization(HostAccess.Policy)
            .OpensTo(KeyScope.Meter);

    // Probes come every few seconds from many callers, and say nothing about the couch.
    private static void IgnoreProbes(OpenTelemetry.Instrumentation.AspNetCore.AspNetCoreTraceInstrumentationOptions options) =>
        options.Filter = context => !context.Request.Path.StartsWithSegments("/health")
            && !context.Request.Path.StartsWithSegments("/metrics");
}
