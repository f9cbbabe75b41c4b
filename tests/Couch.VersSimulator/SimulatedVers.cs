using Couch.VersSimulator.Calls;
using Couch.VersSimulator.Faults;
using Couch.VersSimulator.Tags;
using Couch.VersSimulator.Vms;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http.Features;

namespace Couch.VersSimulator;

/// <summary>
/// An account at the VM provider Vers that is none: it speaks the provider's API over real HTTP, forgets everything at
/// its end, and fails on request.
/// </summary>
public sealed class SimulatedVers : IAsyncDisposable
{
    private readonly WebApplication app;

    private SimulatedVers(WebApplication app)
    {
        this.app = app;
        var listening = app.Services.GetRequiredService<IServer>().Features.GetRequiredFeature<IServerAddressesFeature>().Addresses.First();
        Url = new(new Uri(listening), "api/v1");
        FaultUrl = new(new Uri(listening), "faults");
    }

    /// <summary>What a couch takes as <c>VERS_API_URL</c>.</summary>
    public Uri Url { get; }

    /// <summary>Where faults are asked for by hand; no part of the provider's API.</summary>
    public Uri FaultUrl { get; }

    public SimulatorOptions Options => app.Services.GetRequiredService<SimulatorOptions>();

    /// <summary>Every VM ever made.</summary>
    public Account Vms => app.Services.GetRequiredService<Account>();

    public CommitTags Tags => app.Services.GetRequiredService<CommitTags>();

    /// <summary>Every call ever made.</summary>
    public Journal Journal => app.Services.GetRequiredService<Journal>();

    /// <summary>What goes wrong.</summary>
    public FaultInjection Faults => app.Services.GetRequiredService<FaultInjection>();

    /// <summary>An account that answers.</summary>
    public static async Task<SimulatedVers> Start(SimulatorOptions? options = null)
    {
        // Empty: settings files and variables are those of whoever embeds this.
        var builder = WebApplication.CreateEmptyBuilder(new());
        builder.WebHost.UseKestrelCore().UseUrls((options ??= new()).Listen);
        builder.Logging.AddConsole().SetMinimumLevel(LogLevel.Warning);
        builder.Services.AddRouting();
        builder.Services.Configure<RouteHandlerOptions>(handlers => handlers.ThrowOnBadRequest = true);
        builder.Services.ConfigureHttpJsonOptions(json => WireJson.Apply(json.SerializerOptions));
        builder.Services.AddSingleton(options).AddSingleton(options.Clock);
        builder.Services.AddSingleton<Account>().AddSingleton<CommitTags>().AddSingleton<Journal>().AddSingleton<FaultInjection>();

        var app = builder.Build();
        app.UseRouting();
        app.UseMiddleware<Recorder>();

        var api = app.MapGroup("/api/v1").AddEndpointFilter<FaultFilter>().AddEndpointFilter<KeyFilter>();
        api.MapVms();
        api.MapInsides();
        api.MapTags();
        api.MapFallback("{**rest}", () => Reply.Error(404, "there is no such call"));
        app.MapFaults();

        await app.StartAsync();
        return new(app);
    }

    public Task WaitForShutdown() => app.WaitForShutdownAsync();

    /// <summary>The account is gone: what hangs is dropped, what was to happen late does not happen.</summary>
    public async ValueTask DisposeAsync()
    {
        await app.StopAsync();
        await app.DisposeAsync();
    }
}
