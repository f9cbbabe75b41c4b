using Couch.Cluster;
using Couch.Cluster.Configuration;
using Couch.Gateway.Access;
using Couch.Gateway.Bulk;
using Couch.Gateway.Requests;
using Couch.Gateway.Connections;
using Couch.Gateway.Console;
using Couch.Gateway.Events;
using Couch.Gateway.Guests;
using Couch.Gateway.Health;
using Couch.Gateway.Hosting;
using Couch.Gateway.Invites;
using Couch.Gateway.Join;
using Couch.Gateway.Keys;
using Couch.Gateway.Mcp;
using Couch.Gateway.OpenApi;
using Couch.Gateway.Problems;
using Couch.Gateway.Secrecy;
using Couch.Gateway.Stays;
using Couch.Gateway.Summary;
using Couch.Gateway.Telemetry;
using Couch.Gateway.Webhooks;

namespace Couch.Gateway;

/// <summary>
/// The whole couch in one process, a silo and HTTP in front of it, or one half of it. Reads as the table of contents of this project.
/// </summary>
public static class CouchGateway
{
    /// <summary>Composes the couch that <paramref name="args"/> and the environment describe. Nothing listens yet.</summary>
    /// <param name="args">Settings as <c>--NAME value</c>; they win over the environment.</param>
    /// <param name="configure">The last word on services, for tests: a clock, a storage with faults.</param>
    /// <exception cref="SettingsException">It cannot start as it is configured: the message says all of why.</exception>
    public static WebApplication Create(string[] args, Action<WebApplicationBuilder>? configure = null)
    {
        // Settings files lie beside the binary, so that it starts alike from any folder.
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions { Args = args, ContentRootPath = AppContext.BaseDirectory });
        builder.LogQuietly();
        builder.ReadSettingsFolder();

        var settings = new Settings(builder.Configuration);
        var couch = CouchOptions.Read(settings);
        var http = HttpOptions.Read(settings);
        var addresses = Addresses.Read(settings, builder.Configuration, http);
        var capacity = Capacity.Read(settings, couch, http, OpenFiles.Limit());
        settings.ThrowIfWrong();

        builder.ListenOn(addresses);
        builder.UseCouch(couch);
        builder.AddTelemetry(http, couch.Role);
        builder.AddDashboard(http, couch.Role);
        builder.Services.AddSingleton(http);
        builder.Services.AddPlaces(capacity);
        builder.Services.AddHostAccess();
        builder.Services.AddConsole();
        builder.Services.AddJoin();
        builder.Services.AddRateLimits();
        builder.Services.AddTrustedProxies(http);
        builder.Services.AddSecrecy();
        GatewayJson.Configure(builder.Services);
        builder.Services.AddStays();
        builder.Services.AddSingleton<SharedSummary>();
        builder.Services.AddProblems();
        builder.Services.AddHealth();
        builder.Services.AddMcp();
        builder.Services.AddApiDescription();
        configure?.Invoke(builder);

        var app = builder.Build();
        app.UseInnerRequests();
        app.UseProblems();
        app.UseHead();
        app.UseNoStore();
        app.UseTrustedProxies(http);
        app.UseRouting();
        app.UseRateLimits();
        app.UseAuthorization();
        app.UseMcpAccess();
        app.UseKeptPlaces();
        app.UseJsonBodiesOnly();

        app.MapHealth();
        app.MapMetrics();
        app.MapDashboard(http, couch.Role);
        if (couch.Role is CouchRole.Silo)
            return app;

        var leased = app.MapUnderLease();
        leased.MapInvites();
        leased.MapGuests();
        leased.MapBulk();
        leased.MapSummary();
        leased.MapKeys();
        leased.MapEvents();
        leased.MapWebhooks();
        leased.MapStays();
        leased.MapConsole();
        app.MapMcpDoor();
        app.MapConsolePages();
        app.MapJoin();
        app.MapApiDescription();
        return app;
    }
}
