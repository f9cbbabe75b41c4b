using Couch.Tests.Support;
using Xunit;

namespace Couch.Tests.Transport;

/// <summary>A guest's sandbox on a real container engine, and the ports of the couch on the same machine.</summary>
public sealed class SandboxTests
{
    [Fact]
    public async Task A_sandbox_finds_no_silo_port_on_its_host_where_no_address_was_given()
    {
        await using var engine = new ContainerEngine();
        await using var database = await PostgresServer.NewDatabase();
        var gatewayPort = FreePort.Find(1)[0];
        await using var couch = await CouchProcess.Start(new(NodeSettings.Of(database.ConnectionString))
        {
            ["COUCH_ADVERTISED_ADDRESS"] = "",
            ["COUCH_GATEWAY_PORT"] = $"{gatewayPort}",
        });
        var (sandbox, host) = await Sandbox(engine);

        foreach (var port in new[] { couch.SiloPort, gatewayPort })
            Assert.Equal(
                "refused", await engine.Run(sandbox, $"nc -w 5 {host} {port} </dev/null >/tmp/heard 2>&1 && echo reached || echo refused"));
    }

    [Fact]
    public async Task A_sandbox_gets_nothing_from_silo_ports_that_an_operator_put_on_its_network()
    {
        await using var engine = new ContainerEngine();
        await using var database = await PostgresServer.NewDatabase();
        var gatewayPort = FreePort.Find(1)[0];
        var (sandbox, host) = await Sandbox(engine);
        await using var couch = await CouchProcess.Start(new(NodeSettings.Of(database.ConnectionString))
        {
            ["COUCH_ADVERTISED_ADDRESS"] = host,
            ["COUCH_GATEWAY_PORT"] = $"{gatewayPort}",
        });
        var stay = await couch.Anyone.Arrive();

        foreach (var port in new[] { couch.SiloPort, gatewayPort })
        {
            var ofPort = port == couch.SiloPort ? "silo" : "gateway";
            // A line of refusals is logged at most every ten seconds, and names the last.
            await Until.True(
                async () =>
                {
                    Assert.Equal("0", await engine.Run(sandbox, $"echo hello | nc -w 20 {host} {port} | wc -c"));
                    return couch.Output.Contains($"to the {ofPort} port was refused", StringComparison.Ordinal);
                },
                TimeSpan.FromSeconds(60), "the log says so");
        }

        Assert.Equal("provisioning", (await couch.Anyone.Get($"/couch/status?token={stay["authToken"]}")).Is(200)["status"]);
    }

    /// <summary>A sandbox that idles, and the address by which it knows its host.</summary>
    private static async Task<(string Id, string Host)> Sandbox(ContainerEngine engine)
    {
        var id = (await engine.Host(ContainerEngine.Idle).Ensure(engine.Order(), CancellationToken.None)).VmId;
        var host = await engine.Run(id, "ip route | awk '/^default/ { print $3 }'");
        Assert.Matches(@"^\d+\.\d+\.\d+\.\d+$", host);
        return (id, host);
    }
}
