using Couch.Cluster.Vms.Docker;
using Docker.DotNet.Models;
using Xunit;

namespace Couch.Tests.Vms;

/// <summary>What is concluded from what a sandbox says that it reaches.</summary>
public sealed class IsolationTests
{
    private const string Denied = "nc: can't connect to remote host: Protocol not available";
    private const string Silent = "nc: timed out";

    private static readonly DockerOptions Own = new() { Image = "golden" };
    private static readonly DockerOptions Given = new() { Image = "golden", Network = "mine" };

    [Theory]
    [InlineData(Denied, Denied, Silent, Silent, true)]
    [InlineData("bash: connect: Protocol not available bash: line 1: /dev/tcp/10.0.0.1/4: Protocol not available", Denied, Silent, Silent,
        true)]
    // No rule on one of the two ways.
    [InlineData(Silent, Denied, Silent, Silent, false)]
    [InlineData(Denied, Silent, Silent, Silent, false)]
    // Nobody listens, but the host has answered.
    [InlineData(Denied, Denied, "nc: can't connect to remote host: Connection refused", Silent, false)]
    [InlineData(Denied, Denied, "connected", Silent, false)]
    [InlineData(Denied, Denied, Silent, "connected", false)]
    [InlineData(Denied, Denied, Silent, "nc: can't connect to remote host: Connection refused", false)]
    [InlineData(Silent, Silent, Silent, Silent, false)]
    public void On_the_couchs_network_only_the_firewalls_own_voice_is_a_proof(
        string host, string metadata, string otherPort, string guest, bool isKept) =>
        Assert.Equal(isKept, Seen(Own, host, metadata, otherPort, guest).IsKept);

    [Theory]
    [InlineData(Silent, Silent, true)]
    [InlineData("nc: can't connect to remote host: No route to host", Silent, true)]
    [InlineData("nc: can't connect to remote host: Connection refused", Silent, false)]
    [InlineData(Silent, "connected", false)]
    public void On_an_operators_network_silence_has_to_do(string host, string guest, bool isKept) =>
        Assert.Equal(isKept, Seen(Given, host, Silent, Silent, guest).IsKept);

    [Fact]
    public void What_is_reached_is_named_with_what_to_do()
    {
        Assert.Equal(
            "Guests on the network couch-guests reach the host (10.0.0.1:22), each other (10.0.0.2:9). Run on the engine's machine, as "
                + "root: deploy/sandbox-network.sh apply couch-guests",
            Seen(Own, Denied, Denied, "connected", "connected").Sentence);
        Assert.Contains("COUCH_DOCKER_NETWORK", Seen(Given, Denied, Denied, "connected", Silent).Sentence, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("sh: out of memory")]
    [InlineData("host 10.0.0.1 4 " + Denied)]
    [InlineData("host 10.0.0.1 4 no tool\nmetadata 169.254.169.254 4 no tool\nguest 10.0.0.2 9 no tool")]
    public void A_probe_that_did_not_ask_proves_nothing_on_any_network(string said)
    {
        Assert.False(Isolation.Of(Own, said, otherLived: true).IsKept);
        Assert.False(Isolation.Of(Given, said, otherLived: true).IsKept);
    }

    [Fact]
    public void Silence_of_a_guest_that_was_gone_proves_nothing() =>
        Assert.False(Isolation.Of(Own, Said(Denied, Denied, Silent, Silent), otherLived: false).IsKept);

    [Fact]
    public void Both_families_addresses_of_the_host_and_the_other_guest_are_tried()
    {
        var targets = Isolation.Targets(new EndpointSettings { Gateway = "10.0.0.1", IPAddress = "10.0.0.2", IPv6Gateway = "fd00::1",
            GlobalIPv6Address = "fd00::2" }).ToList();

        Assert.Equal("host 10.0.0.1 4", targets[0]);
        Assert.Contains("host fd00::1 22", targets);
        Assert.Contains("guest 10.0.0.2 9", targets);
        Assert.Contains("guest fd00::2 9", targets);
        Assert.Contains("metadata 169.254.169.254 80", targets);
    }

    private static Isolation Seen(DockerOptions options, string host, string metadata, string otherPort, string guest) =>
        Isolation.Of(options, Said(host, metadata, otherPort, guest), otherLived: true);

    private static string Said(string host, string metadata, string otherPort, string guest) =>
        $"host 10.0.0.1 4 {host}\nmetadata 169.254.169.254 4 {metadata}\nhost 10.0.0.1 22 {otherPort}\nguest 10.0.0.2 9 {guest}\nprivate "
            + "10.255.255.254 9 nc: timed out\n";
}
