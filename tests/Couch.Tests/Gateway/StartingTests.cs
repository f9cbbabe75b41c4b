using System.Net;
using Couch.Cluster;
using Couch.Cluster.Configuration;
using Couch.Gateway;
using Couch.Tests.Support;
using Microsoft.Extensions.Configuration;
using Xunit;

namespace Couch.Tests.Gateway;

/// <summary>What an operator is told who starts a couch that cannot start, before it has touched anything.</summary>
public sealed class StartingTests
{
    private const string Key = "--COUCH_AUTH_TOKEN=a-key-of-our-own-of-some-length";

    [Fact]
    public void Everything_that_is_wrong_is_said_at_once()
    {
        var message = WhyNot(
            "--PORT=http", "--COUCH_REDEEMS_PER_MINUTE=-1", "--COUCH_STATUS_PER_MINUTE=many", "--COUCH_TRUSTED_PROXIES=10.0.0.0/8,proxy",
            "--COUCH_SILO_PORT=70000", "--COUCH_SIGNING_KEY=short", "--urls=nonsense");

        foreach (var name in new[] { "PORT", "COUCH_REDEEMS_PER_MINUTE", "COUCH_STATUS_PER_MINUTE", "COUCH_TRUSTED_PROXIES",
            "COUCH_SILO_PORT", "COUCH_SIGNING_KEY", "--urls" })
            Assert.Contains(name, message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--urls=http://0.0.0.0:3000")]
    [InlineData("--urls=http://127.0.0.1:0;http://*:3000")]
    [InlineData("--urls=http://couch.example:3000")]
    [InlineData("--urls=http://[::]:3000")]
    [InlineData("--urls=http://192.168.1.7:3000")]
    [InlineData("--Kestrel:Endpoints:Public:Url=http://+:3000")]
    public void Without_a_host_key_nothing_but_loopback_is_listened_on(string address) =>
        Assert.Contains("no host key is set", WhyNot(address), StringComparison.Ordinal);

    [Theory]
    [InlineData("--urls=http://0.0.0.0:0")]
    [InlineData("--Kestrel:Endpoints:Public:Url=http://0.0.0.0:0")]
    public async Task With_a_host_key_a_couch_may_face_the_network(string address)
    {
        await using var couch = await CouchHost.Start(address, Key);

        Assert.Equal(200, (await new Caller(new Uri($"http://127.0.0.1:{couch.Address.Port}")).Get("/health")).Status);
    }

    [Fact]
    public async Task The_port_is_PORT_and_urls_go_before_it()
    {
        var port = FreePort.Find(1)[0];

        await using var couch = await CouchHost.Start($"--PORT={port}", "--urls=");
        Assert.Equal($"http://localhost:{port}", couch.App.Urls.Single());

        await using var elsewhere = await CouchHost.Start($"--PORT={port}");
        Assert.NotEqual(port, elsewhere.Address.Port);
    }

    [Fact]
    public async Task A_port_that_is_taken_is_named()
    {
        await using var couch = await CouchHost.Start();

        Assert.Contains(
            $"PORT names port {couch.Address.Port}, which is in use", WhyNot($"--PORT={couch.Address.Port}"), StringComparison.Ordinal);
    }

    [Fact]
    public void A_silos_address_is_the_one_that_lies_in_the_network_named() =>
        Assert.Equal(IPAddress.Loopback, Reading("127.0.0.0/8").AdvertisedAddress);

    [Fact]
    public void A_silos_address_may_be_said_as_it_is() =>
        Assert.Equal(IPAddress.Parse("127.0.0.2"), Reading("127.0.0.2").AdvertisedAddress);

    [Theory]
    [InlineData("0.0.0.0", "is all of them")]
    [InlineData("::", "is all of them")]
    [InlineData("::ffff:0.0.0.0", "is all of them")]
    [InlineData("255.255.255.255", "is that of many")]
    [InlineData("224.0.0.1", "is that of many")]
    [InlineData("ff02::1", "is that of many")]
    [InlineData("fe80::1", "another machine on each link")]
    [InlineData("203.0.113.7", "must be an address of this machine's")]
    [InlineData("203.0.113.0/24", "which none of this machine's addresses is in")]
    [InlineData("node-1", "must be an IP address")]
    public void A_network_this_machine_is_not_in_is_refused(string text, string why) =>
        Assert.Contains(why, WhyNot($"--COUCH_ADVERTISED_ADDRESS={text}"), StringComparison.Ordinal);

    [Theory]
    [InlineData("node, silo or gateway", "--COUCH_ROLE=edge")]
    [InlineData("is silo, which needs a PostgreSQL", "--COUCH_ROLE=silo")]
    [InlineData("is gateway, which needs a PostgreSQL", "--COUCH_ROLE=gateway")]
    [InlineData("VERS_API_KEY must not be given to a gateway", "--COUCH_ROLE=gateway", "--VERS_API_KEY=a-provider-key")]
    public void A_role_that_cannot_be_filled_is_refused_with_the_reason(string why, params string[] settings) =>
        Assert.Contains(why, WhyNot(settings), StringComparison.Ordinal);

    [Fact]
    public void What_else_a_shared_environment_says_of_vms_is_nothing_to_a_gateway()
    {
        var settings = new Settings(new ConfigurationBuilder().AddInMemoryCollection(
        [
            new("COUCH_ROLE", "gateway"), new("ConnectionStrings:Couch", "Host=db"), new("COUCH_SIGNING_KEY", Some.Key()), new(
                "VERS_API_KEY", " "),
            new("GOLDEN_COMMIT_ID", "00000000-0000-4000-8000-00000000c0c4"), new("COUCH_DOCKER_IMAGE", "golden"), new(
                "COUCH_VM_CALLS", "8"),
        ]).Build());
        var options = CouchOptions.Read(settings);
        settings.ThrowIfWrong();

        Assert.Equal(CouchRole.Gateway, options.Role);
        Assert.Null(options.Vms.Vers);
        Assert.Null(options.Vms.Docker);
    }

    [Theory]
    [InlineData("--ASPNETCORE_URLS=http://127.0.0.1:0/couch", "has a path")]
    [InlineData("--urls=http://localhost:3999/", null)]
    [InlineData("--ConnectionStrings:Couch=Host=db;Target Session Attributes=primary", "names one")]
    [InlineData("--ConnectionStrings:Couch=Host=db;Minimum Pool Size=20;Maximum Pool Size=10", "less than its Minimum Pool Size")]
    [InlineData("--ConnectionStrings:Couch=Host=db;Maximum Pool Size=1", "at least 4 connections")]
    [InlineData("--ConnectionStrings:Couch=Host=db;Multiplexing=true;Pooling=false", "contradict each other")]
    public void What_contradicts_itself_is_refused_in_words(string setting, string? why)
    {
        string[] settings = [setting.Replace("ASPNETCORE_URLS", "urls", StringComparison.Ordinal), "--COUCH_ADVERTISED_ADDRESS=0.0.0.0"];
        var message = WhyNot(settings);
        if (why is not null)
            Assert.Contains(why, message, StringComparison.Ordinal);
        Assert.Contains("COUCH_ADVERTISED_ADDRESS", message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("unix:///a b.sock", "golden")]
    [InlineData("tcp://", "golden")]
    [InlineData("ssh://engine", "golden")]
    [InlineData("unix:///run/engine.sock", "Golden Image")]
    [InlineData("unix:///run/engine.sock", "golden:tag:tag")]
    [InlineData("unix:///run/engine.sock", "-golden")]
    [InlineData("unix:///run/engine.sock", "golden@sha256:short")]
    [InlineData("unix:///run/engine.sock", "Team/golden/UPPER")]
    public void An_engine_or_an_image_that_is_none_is_refused(string engine, string image) =>
        Assert.Contains(image == "golden" ? "DOCKER_HOST" : "COUCH_DOCKER_IMAGE",
            WhyNot($"--DOCKER_HOST={engine}", $"--COUCH_DOCKER_IMAGE={image}"), StringComparison.Ordinal);

    [Theory]
    [InlineData("golden")]
    [InlineData("localhost/couch-test_1:latest")]
    [InlineData("registry.example:5000/team/guest.image@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef")]
    [InlineData("docker.io/library/busybox")]
    public void An_image_may_be_named_as_engines_do(string image) =>
        Assert.DoesNotContain("COUCH_DOCKER_IMAGE", WhyNot($"--COUCH_DOCKER_IMAGE={image}", "--PORT=none"), StringComparison.Ordinal);

    /// <summary>
    /// Every setting there is, with what no setting can be: an operator is told in the one message, and nothing falls through as an
    /// exception.
    /// </summary>
    [Fact]
    public void Whatever_a_setting_says_it_is_taken_or_refused_by_its_name()
    {
        var asked = new Settings(new ConfigurationBuilder().Build());
        _ = CouchOptions.Read(asked);
        _ = HttpOptions.Read(asked);
        var bad = new[] { "-1", "0", "99999999999999999999", "NaN", "1e309", "\u20ac", "a b", "[", "{}", "\"", "::", "http://", "unix://",
            "0.0.0.0", "/", "..", "%", "=", ";", ",", "\t", new string('x', 5000) };
        foreach (var name in asked.Asked.Append("PORT").Append("urls"))
        {
            foreach (var value in bad)
            {
                try
                {
                    var settings = new Settings(new ConfigurationBuilder().AddInMemoryCollection([new(name, value)]).Build());
                    _ = CouchOptions.Read(settings);
                    _ = HttpOptions.Read(settings);
                    settings.ThrowIfWrong();
                }
                catch (SettingsException refused)
                {
                    Assert.Contains(name.Replace(":", "__", StringComparison.Ordinal), refused.Message, StringComparison.Ordinal);
                }
            }
        }
    }

    private static CouchOptions Reading(string advertised) =>
        CouchOptions.Read(
            new Settings(new ConfigurationBuilder().AddInMemoryCollection([new("COUCH_ADVERTISED_ADDRESS", advertised)]).Build()));

    private static string WhyNot(params string[] settings) =>
        Assert.Throws<SettingsException>(() => CouchGateway.Create(["--COUCH_AUTH_TOKEN=", "--VERS_AUTH_TOKEN=", .. settings])).Message;
}
