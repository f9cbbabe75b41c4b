using Couch.Cluster.Configuration;
using Couch.Cluster.Vms;
using Couch.Cluster.Vms.Docker;
using Microsoft.Extensions.Configuration;
using Xunit;

namespace Couch.Tests.Vms;

/// <summary>What an operator writes to get sandboxes.</summary>
public sealed class DockerOptionsTests
{
    [Fact]
    public void Without_an_image_the_host_is_off_and_nobody_minds_another_programs_engine()
    {
        var settings = Settings(("DOCKER_HOST", "ssh://elsewhere"));

        Assert.Null(DockerOptions.Read(settings));
        settings.ThrowIfWrong();
    }

    [Fact]
    public void An_image_alone_is_enough()
    {
        var options = Read(("COUCH_DOCKER_IMAGE", "debian"))!;

        Assert.Equal("debian", options.Image);
        Assert.Equal("unix:///var/run/docker.sock", options.Engine.OriginalString);
        Assert.Null(options.Command);
        Assert.Null(options.Port);
        Assert.Equal("127.0.0.1", options.EndpointHost);
        Assert.Equal(512, options.Pids);
        Assert.Equal(Probe.None, options.Probe);
        Assert.Null(options.Network);
        Assert.Equal("couch-guests", options.Bridge);
        Assert.Null(options.Subnet);
        Assert.Null(options.ProbeImage);
        Assert.False(options.IsStrict);
    }

    [Fact]
    public void A_command_is_written_as_in_a_Dockerfile()
    {
        Assert.Equal(
            ["/bin/sh", "-c", "sleep infinity"], Read(("COUCH_DOCKER_IMAGE", "i"), ("COUCH_DOCKER_COMMAND", "sleep infinity"))!.Command);
        Assert.Equal(["sleep", "1 2"], Read(("COUCH_DOCKER_IMAGE", "i"), ("COUCH_DOCKER_COMMAND", "[\"sleep\", \"1 2\"]"))!.Command);
    }

    [Fact]
    public void A_published_port_is_probed_unless_told_otherwise()
    {
        Assert.Equal(new Probe.Tcp(), Read(("COUCH_DOCKER_IMAGE", "i"), ("COUCH_DOCKER_PORT", "22"))!.Probe);
        Assert.Equal(Probe.None, Read(("COUCH_DOCKER_IMAGE", "i"), ("COUCH_DOCKER_PORT", "22"), ("COUCH_VM_PROBE", "none"))!.Probe);
        Assert.Equal(new Probe.Http("/ready?now"), Read(("COUCH_DOCKER_IMAGE", "i"), ("COUCH_DOCKER_PORT", "80"),
            ("COUCH_VM_PROBE", "http:/ready?now"))!.Probe);
    }

    [Theory]
    [InlineData("DOCKER_HOST", "ssh://elsewhere")]
    [InlineData("DOCKER_HOST", "/var/run/docker.sock")]
    [InlineData("COUCH_DOCKER_COMMAND", "[sleep]")]
    [InlineData("COUCH_DOCKER_COMMAND", "[]")]
    [InlineData("COUCH_DOCKER_COMMAND", "[null]")]
    [InlineData("COUCH_DOCKER_PORT", "70000")]
    [InlineData("COUCH_DOCKER_ENDPOINT_HOST", "http://vm")]
    [InlineData("COUCH_DOCKER_PIDS", "1")]
    [InlineData("COUCH_DOCKER_NETWORK", "host")]
    [InlineData("COUCH_DOCKER_NETWORK", "container:postgres")]
    [InlineData("COUCH_DOCKER_BRIDGE", "couch-guests-too-long")]
    [InlineData("COUCH_DOCKER_BRIDGE", "a b")]
    [InlineData("COUCH_DOCKER_SUBNET", "10.1.2.3")]
    [InlineData("COUCH_DOCKER_SUBNET", "10.0.0.0/30")]
    [InlineData("COUCH_DOCKER_SUBNET", "fd00::/64")]
    [InlineData("COUCH_DOCKER_STRICT", "perhaps")]
    [InlineData("COUCH_VM_PROBE", "tcp")]
    [InlineData("COUCH_VM_PROBE", "http://elsewhere/")]
    [InlineData("COUCH_VM_PROBE", "ping")]
    public void What_cannot_be_is_refused_by_name(string name, string value)
    {
        var settings = Settings(("COUCH_DOCKER_IMAGE", "i"), (name, value));
        DockerOptions.Read(settings);

        Assert.Contains(name, Assert.Throws<SettingsException>(settings.ThrowIfWrong).Message, StringComparison.Ordinal);
    }

    [Theory, InlineData("tcp://noah:s3cret@engine:2375"), InlineData("https://s3cret@engine"), InlineData("http://noah:s3cret@engine:2375/")]
    public void A_password_in_the_engines_address_is_refused_and_not_quoted(string engine)
    {
        var settings = Settings(("COUCH_DOCKER_IMAGE", "i"), ("DOCKER_HOST", engine));
        var options = DockerOptions.Read(settings)!;

        var message = Assert.Throws<SettingsException>(settings.ThrowIfWrong).Message;
        Assert.Contains("DOCKER_HOST must have no '@'", message, StringComparison.Ordinal);
        Assert.DoesNotContain("s3cret", message + options.Engine, StringComparison.Ordinal);
    }

    private static DockerOptions? Read(params (string, string)[] values)
    {
        var settings = Settings(values);
        var options = DockerOptions.Read(settings);
        settings.ThrowIfWrong();
        return options;
    }

    private static Settings Settings(params (string Name, string Value)[] values) =>
        new(new ConfigurationBuilder()
            .AddInMemoryCollection(values.Select(value => KeyValuePair.Create(value.Name, (string?)value.Value))).Build());
}
