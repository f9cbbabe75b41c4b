using Couch.Cluster;
using Couch.Domain.Capabilities;
using Couch.Domain.Guests;
using Couch.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Xunit;

namespace Couch.Tests.Transport;

/// <summary>One of everything that listens: a single node, and a node and a silo of one couch; and a guest in each couch.</summary>
public sealed class Victims : IAsyncLifetime
{
    private readonly string key = Some.Key();
    private PostgresServer.EmptyDatabase database = null!;
    private Answer singleStay = null!;
    private Answer clusterStay = null!;

    internal Victim Single { get; private set; } = null!;

    /// <summary>A node before which gateways may run.</summary>
    internal Victim Node { get; private set; } = null!;

    internal Victim Silo { get; private set; } = null!;

    internal SigningKeys Keys => Some.KeysOf(key);

    internal GuestId Guest => GuestId.TryParse(clusterStay["guestId"]!, out var id) ? id : throw new InvalidOperationException();

    public async ValueTask InitializeAsync()
    {
        database = await PostgresServer.NewDatabase();
        string[] cluster = [$"--ConnectionStrings:Couch={database.ConnectionString};Maximum Pool Size=15", $"--COUCH_SIGNING_KEY={key}"];
        Single = await Victim.Start();
        Node = await Victim.Start([.. cluster, $"--COUCH_GATEWAY_PORT={FreePort.Find(1)[0]}"]);
        Silo = await Victim.Start([.. cluster, "--COUCH_ROLE=silo", $"--COUCH_GATEWAY_PORT={FreePort.Find(1)[0]}"]);
        (singleStay, clusterStay) = (await Single.Arrive(), await Node.Arrive());
    }

    /// <summary>Nobody has ended a guest, nor a silo.</summary>
    internal async Task AreUntouched()
    {
        foreach (var (couch, stay) in new[] { (Single, singleStay), (Node, clusterStay) })
            Assert.Equal("provisioning", (await couch.Status(stay)).Is(200)["status"]);
        await Silo.IsReady();
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var victim in new[] { Silo, Node, Single })
            await victim.DisposeAsync();
        await database.DisposeAsync();
    }
}

/// <summary>A couch, or a part of one, that is attacked.</summary>
internal sealed class Victim : IAsyncDisposable
{
    private readonly CouchHost host;
    private readonly CouchOptions options;

    private Victim(CouchHost host, LogLines log)
    {
        (this.host, Log) = (host, log);
        options = host.App.Services.GetRequiredService<CouchOptions>();
    }

    public int SiloPort => options.SiloPort;

    public int GatewayPort => options.GatewayPort;

    public Caller Anyone => host.Anyone;

    public LogLines Log { get; }

    public Task IsReady() => Certain(() => Anyone.Get("/health/ready"));

    /// <summary>A guest who has just arrived, by an invite of its own.</summary>
    public async Task<Answer> Arrive()
    {
        var invite = (await Certain(() => Anyone.Post("/couch/invites", new { createdBy = "noah" }))).Is(201);
        return (await Certain(() => Anyone.Sending("Idempotency-Key", "once").Redeem(invite))).Is(201);
    }

    public Task<Answer> Status(Answer stay) => Certain(() => Anyone.Get($"/couch/status?token={stay["authToken"]}"));

    /// <summary>What it answers for certain: a 503 of a busy machine is asked again.</summary>
    public static async Task<Answer> Certain(Func<Task<Answer>> ask)
    {
        Answer? answer = null;
        await Until.True(async () => (answer = await ask()).Status != 503, TimeSpan.FromSeconds(60), "an answer");
        return answer!;
    }

    public static async Task<Victim> Start(params string[] settings)
    {
        var log = new LogLines();
        return new(await CouchHost.Start(builder => builder.Logging.AddProvider(log),
            [.. settings, "--Logging:LogLevel:Default=Warning", "--Logging:LogLevel:Couch=Information",
             "--Logging:Console:LogLevel:Default=None"]), log);
    }

    public ValueTask DisposeAsync() => host.DisposeAsync();
}
