using Couch.Gateway;
using Microsoft.AspNetCore.Builder;
using Xunit;

namespace Couch.Tests.Support;

/// <summary>
/// The real couch on Kestrel, on a free port, with SQLite in a folder of its own: what <c>dotnet run</c> starts, less the
/// console. As a class fixture it is an open couch without rate limits.
/// </summary>
public class CouchHost : IAsyncLifetime
{
    private readonly TemporaryFolder folder = new();
    private readonly string[] settings;
    private readonly Action<WebApplicationBuilder>? configure;

    public CouchHost() : this([])
    {
    }

    protected CouchHost(string[] settings, Action<WebApplicationBuilder>? configure = null)
    {
        this.settings = settings;
        this.configure = configure;
    }

    public WebApplication App { get; private set; } = null!;

    public Uri Address => new(App.Urls.First());

    /// <summary>Whoever comes, with nothing in their hands.</summary>
    internal Caller Anyone => new(Address);

    /// <summary>A couch with settings of its own, like <c>--COUCH_AUTH_TOKEN=…</c>.</summary>
    public static async Task<CouchHost> Start(params string[] settings) => await Start(null, settings);

    public static async Task<CouchHost> Start(Action<WebApplicationBuilder>? configure, params string[] settings)
    {
        var couch = new CouchHost(settings, configure);
        await couch.InitializeAsync();
        return couch;
    }

    /// <summary>Somebody who sends <paramref name="bearer"/> along.</summary>
    internal Caller With(string bearer) => Anyone.Sending("Authorization", "Bearer " + bearer);

    public async ValueTask InitializeAsync()
    {
        var ports = FreePort.Find(1);
        App = CouchGateway.Create(
            [
                "--urls=http://127.0.0.1:0", $"--COUCH_DATA_DIR={folder["data"]}", $"--COUCH_SILO_PORT={ports[0]}",
                "--COUCH_AUTH_TOKEN=", "--VERS_AUTH_TOKEN=", "--COUCH_REDEEMS_PER_MINUTE=0", "--COUCH_STATUS_PER_MINUTE=0",
                "--Logging:LogLevel:Default=None", "--Logging:LogLevel:Couch=None", .. settings,
            ],
            configure);
        await App.StartAsync().ToEnd();
        await Descriptions.Know(App);
    }

    public async ValueTask DisposeAsync()
    {
        Descriptions.Forget(App);
        await App.DisposeAsync().ToEnd();
        folder.Dispose();
        GC.SuppressFinalize(this);
    }
}

/// <summary>A couch with a host key.</summary>
public sealed class KeyedCouchHost() : CouchHost([$"--COUCH_AUTH_TOKEN={Key}"])
{
    public const string Key = "a host's key, for tests";

    /// <summary>Whoever holds the host key.</summary>
    internal Caller Host => With(Key);
}
