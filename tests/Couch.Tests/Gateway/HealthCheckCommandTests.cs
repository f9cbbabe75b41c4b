using Couch.Gateway.Health;
using Couch.Tests.Support;
using Microsoft.AspNetCore.Http;
using Xunit;

namespace Couch.Tests.Gateway;

/// <summary>The health check of an image that has neither a shell nor curl.</summary>
public sealed class HealthCheckCommandTests(CouchHost couch) : IClassFixture<CouchHost>
{
    [Fact]
    public async Task A_ready_couch_lets_its_health_check_pass()
    {
        var said = new StringWriter();

        Assert.Equal(0, await HealthCheckCommand.Run([HealthCheckCommand.Switch, $"--urls={couch.Address}"], said));
        Assert.Contains("\"ready\"", said.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("http://+:{0}")]
    [InlineData("http://0.0.0.0:{0}")]
    [InlineData("http://[::]:{0};http://10.1.2.3:1")]
    public async Task A_couch_that_listens_everywhere_is_asked_on_this_machine(string everywhere) =>
        Assert.Equal(0, await HealthCheckCommand.Run([HealthCheckCommand.Switch, "--urls",
            string.Format(null, everywhere, couch.Address.Port)], TextWriter.Null));

    [Fact]
    public async Task Without_an_address_the_port_is_PORT() =>
        Assert.Equal(
            0, await HealthCheckCommand.Run([HealthCheckCommand.Switch, "--urls=", $"--PORT={couch.Address.Port}"], TextWriter.Null));

    [Fact]
    public async Task A_proxy_of_the_environments_is_never_asked_nor_believed()
    {
        await using var proxy = await StubServer.Start(context => context.Response.WriteAsync("{\"status\":\"ready\"}"));
        var environment = new Dictionary<string, string> { ["HTTP_PROXY"] = proxy.Address.ToString(),
            ["http_proxy"] = proxy.Address.ToString(), ["NO_PROXY"] = "" };

        var (healthy, _) = await CouchProcess.RunToEnd(environment, HealthCheckCommand.Switch, $"--urls={couch.Address}");
        var (dead, _) = await CouchProcess.RunToEnd(
            environment, HealthCheckCommand.Switch, $"--urls=http://127.0.0.1:{FreePort.Find(1)[0]}");
        Assert.Equal((0, 1), (healthy, dead));
    }

    [Fact]
    public async Task A_couch_that_listens_on_a_unix_socket_is_asked_there()
    {
        using var folder = new TemporaryFolder();
        await using var listening = await CouchHost.Start(
            $"--urls=http://unix:{folder["couch.sock"]}", "--COUCH_AUTH_TOKEN=a-key-of-our-own-of-some-length");

        Assert.Equal(
            0, await HealthCheckCommand.Run([HealthCheckCommand.Switch, $"--urls=http://unix:{folder["couch.sock"]}"], TextWriter.Null));
    }

    [Fact]
    public async Task Where_nobody_listens_the_health_check_fails() =>
        Assert.Equal(1, await HealthCheckCommand.Run([HealthCheckCommand.Switch, $"--urls=http://127.0.0.1:{FreePort.Find(1)[0]}"],
            TextWriter.Null));

    [Fact]
    public async Task A_process_started_as_a_health_check_is_no_couch()
    {
        var (code, said) = await CouchProcess.RunToEnd([], HealthCheckCommand.Switch, $"--urls={couch.Address}");

        Assert.Equal(0, code);
        Assert.DoesNotContain("Couch listens", said, StringComparison.Ordinal);
    }
}
