using System.Net;
using Couch.Cluster.Webhooks;
using Couch.Tests.Support;
using Xunit;

namespace Couch.Tests.Webhooks;

/// <summary>Whither events are sent, and whither not.</summary>
public sealed class PublicAddressTests
{
    [Theory]
    [InlineData("8.8.8.8", true)]
    [InlineData("172.15.255.255", true)]
    [InlineData("172.32.0.0", true)]
    [InlineData("100.63.255.255", true)]
    [InlineData("100.128.0.0", true)]
    [InlineData("2606:4700:4700::1111", true)]
    [InlineData("::ffff:8.8.8.8", true)]
    [InlineData("2002:0808:0808::1", true)]
    [InlineData("64:ff9b::8.8.8.8", true)]
    [InlineData("0.0.0.0", false)]
    [InlineData("0.1.2.3", false)]
    [InlineData("10.0.0.1", false)]
    [InlineData("100.64.0.1", false)]
    [InlineData("100.127.255.255", false)]
    [InlineData("127.0.0.1", false)]
    [InlineData("127.255.255.254", false)]
    [InlineData("169.254.169.254", false)]
    [InlineData("172.16.0.1", false)]
    [InlineData("172.31.255.255", false)]
    [InlineData("192.0.0.170", false)]
    [InlineData("192.168.1.1", false)]
    [InlineData("198.18.0.1", false)]
    [InlineData("224.0.0.1", false)]
    [InlineData("239.255.255.250", false)]
    [InlineData("255.255.255.255", false)]
    [InlineData("::", false)]
    [InlineData("::1", false)]
    [InlineData("::127.0.0.1", false)]
    [InlineData("::ffff:127.0.0.1", false)]
    [InlineData("::ffff:10.0.0.1", false)]
    [InlineData("::ffff:169.254.169.254", false)]
    [InlineData("64:ff9b::10.0.0.1", false)]
    [InlineData("64:ff9b::169.254.169.254", false)]
    [InlineData("64:ff9b:1::8.8.8.8", false)]
    [InlineData("2002:7f00:1::1", false)]
    [InlineData("2002:a9fe:a9fe::1", false)]
    [InlineData("2001:0:7f00:1::", false)]
    [InlineData("2001:db8::1", false)]
    [InlineData("2606:4700::5efe:10.0.0.1", false)]
    [InlineData("fe80::1", false)]
    [InlineData("fe80::1%1", false)]
    [InlineData("fec0::1", false)]
    [InlineData("fc00::1", false)]
    [InlineData("fd00:ec2::254", false)]
    [InlineData("ff02::1", false)]
    public void Only_the_internets_addresses_are_public(string address, bool isPublic) =>
        Assert.Equal(isPublic, PublicAddresses.Has(IPAddress.Parse(address)));

    [Fact]
    public async Task A_connection_is_made_to_the_address_that_was_checked_and_the_name_is_asked_once()
    {
        var (asked, dialled) = (0, new List<IPEndPoint>());
        var connections = Connections(
            _ => ++asked == 1 ? ["10.0.0.1", "8.8.8.8", "::1"] : ["127.0.0.1"], dialled);

        await using (await connections.Connect("receiver.example", 443, TestCouch.Cancel))
            Assert.Equal([new(IPAddress.Parse("8.8.8.8"), 443)], dialled);
        Assert.Equal(1, asked);
    }

    [Fact]
    public async Task A_name_that_was_public_and_says_private_later_is_refused()
    {
        var (asked, dialled) = (0, new List<IPEndPoint>());
        var connections = Connections(_ => ++asked == 1 ? ["8.8.8.8"] : ["127.0.0.1", "::ffff:127.0.0.1"], dialled);

        await using (await connections.Connect("receiver.example", 80, TestCouch.Cancel))
            await Assert.ThrowsAsync<NotPublicException>(() => connections.Connect("receiver.example", 80, TestCouch.Cancel));
        Assert.Single(dialled);
    }

    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("::1")]
    [InlineData("::ffff:169.254.169.254")]
    public async Task An_address_in_place_of_a_name_is_checked_too(string host)
    {
        var dialled = new List<IPEndPoint>();
        var connections = Connections(_ => throw new InvalidOperationException("nobody is to be asked"), dialled);

        await Assert.ThrowsAsync<NotPublicException>(() => connections.Connect(host, 80, TestCouch.Cancel));
        Assert.Empty(dialled);
    }

    [Fact]
    public async Task Where_private_ones_are_allowed_they_are_connected_to()
    {
        var dialled = new List<IPEndPoint>();
        var connections = new WebhookConnections(
            (_, _) => Task.FromResult<IPAddress[]>([IPAddress.Loopback]), Dial(dialled), new() { AllowsPrivate = true });

        await using (await connections.Connect("receiver.example", 80, TestCouch.Cancel))
            Assert.Equal([new(IPAddress.Loopback, 80)], dialled);
    }

    private static WebhookConnections Connections(Func<string, string[]> says, List<IPEndPoint> dialled) => new(
        (host, _) => Task.FromResult(says(host).Select(IPAddress.Parse).ToArray()), Dial(dialled), new());

    private static Dial Dial(List<IPEndPoint> dialled) => (to, _) =>
    {
        dialled.Add(to);
        return Task.FromResult<Stream>(new MemoryStream());
    };
}
