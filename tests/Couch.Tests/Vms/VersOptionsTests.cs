using Couch.Cluster.Configuration;
using Couch.Cluster.Vms;
using Couch.Cluster.Vms.Vers;
using Microsoft.Extensions.Configuration;
using Xunit;

namespace Couch.Tests.Vms;

public sealed class VersOptionsTests
{
    private const string Key = "a-key-of-the-account";
    private const string Commit = "4b6f0f5e-51f4-4f0e-9d55-9f0c2d6a7b11";

    [Fact]
    public void Vers_is_not_used_without_a_key_and_a_commit()
    {
        Assert.Null(Read());
        Assert.Null(Read(("VERS_API_KEY", " "), ("GOLDEN_COMMIT_ID", "")));
    }

    [Fact]
    public void A_key_and_a_commit_are_enough()
    {
        var options = Read(("VERS_API_KEY", Key), ("GOLDEN_COMMIT_ID", Commit))!;

        Assert.Equal(Commit, options.Commit.ToString());
        Assert.Equal("https://api.vers.sh/api/v1", options.ApiUrl);
        Assert.Equal("https://7.vm.vers.sh", options.EndpointOf("7"));
        Assert.False(options.IsDedicated);
        Assert.False(options.IsMetered);
        Assert.Equal(Probe.None, options.Probe);
        Assert.DoesNotContain(Key, options.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Everything_else_can_be_chosen()
    {
        var options = Read(
            ("VERS_API_KEY", Key), ("GOLDEN_COMMIT_ID", Commit), ("VERS_API_URL", "http://127.0.0.1:7070/api/v1/"),
            ("COUCH_VERS_ENDPOINT", "http://{vm_id}.example:81"), ("COUCH_VERS_DEDICATED", "TRUE"), ("COUCH_VERS_METER", "yes"),
            ("COUCH_VM_PROBE", "http:/ready"))!;

        Assert.Equal("http://127.0.0.1:7070/api/v1", options.ApiUrl);
        Assert.Equal("http://7.example:81", options.EndpointOf("7"));
        Assert.True(options.IsDedicated);
        Assert.True(options.IsMetered);
        Assert.Equal(new Probe.Http("/ready"), options.Probe);
    }

    [Theory]
    [InlineData("GOLDEN_COMMIT_ID", null)]
    [InlineData("GOLDEN_COMMIT_ID", "golden")]
    [InlineData("VERS_API_KEY", null)]
    [InlineData("VERS_API_KEY", "short")]
    [InlineData("VERS_API_KEY", "a key with spaces")]
    [InlineData("VERS_API_URL", "ftp://example/api")]
    [InlineData("VERS_API_URL", "api.vers.sh")]
    [InlineData("VERS_API_URL", "https://user:secret@example/api")]
    [InlineData("VERS_API_URL", "https://example/api?key=secret")]
    [InlineData("COUCH_VERS_ENDPOINT", "https://vm.example")]
    [InlineData("COUCH_VERS_ENDPOINT", "{vm_id}")]
    [InlineData("COUCH_VERS_DEDICATED", "perhaps")]
    [InlineData("COUCH_VERS_METER", "2")]
    [InlineData("COUCH_VM_PROBE", "udp")]
    public void What_is_wrong_is_said_under_its_name_and_without_a_secret(string name, string? value)
    {
        var wrong = Assert.Throws<SettingsException>(() => Read(("VERS_API_KEY", Key), ("GOLDEN_COMMIT_ID", Commit), (name, value)));

        Assert.Contains($"- {name} must be ", wrong.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(Key, wrong.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", wrong.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("a key with spaces", wrong.Message, StringComparison.Ordinal);
    }

    private static VersOptions? Read(params (string Name, string? Value)[] given)
    {
        var values = new Dictionary<string, string?>();
        foreach (var (name, value) in given)
            values[name] = value;
        var settings = new Settings(new ConfigurationBuilder().AddInMemoryCollection(values).Build());
        var options = VersOptions.Read(settings);
        settings.ThrowIfWrong();
        return options;
    }
}
