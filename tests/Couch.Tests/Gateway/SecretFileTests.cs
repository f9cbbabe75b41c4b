using Couch.Cluster;
using Couch.Cluster.Configuration;
using Couch.Gateway;
using Couch.Tests.Support;
using Microsoft.Extensions.Configuration;
using Xunit;

namespace Couch.Tests.Gateway;

/// <summary>Every secret may be in a file, which its name with <c>_FILE</c> behind it names.</summary>
public sealed class SecretFileTests : IDisposable
{
    private static readonly Dictionary<string, string> Given = new()
    {
        ["COUCH_AUTH_TOKEN"] = "a host's key, for tests",
        ["VERS_AUTH_TOKEN"] = "a host's key, as the original names it",
        ["COUCH_SIGNING_KEY"] = Some.Key(),
        ["ConnectionStrings:Couch"] = "Host=db.example;Database=couch",
        ["VERS_API_KEY"] = "an-account-key",
        ["GOLDEN_COMMIT_ID"] = "00000000-0000-4000-8000-00000000c0c4",
        ["OTEL_EXPORTER_OTLP_HEADERS"] = "x-collector-key=a collector's key",
    };

    private readonly TemporaryFolder folder = new();

    public static TheoryData<string> Secrets => [.. Given.Keys];

    public void Dispose() => folder.Dispose();

    [Theory]
    [MemberData(nameof(Secrets))]
    public void A_secret_in_a_file_counts_as_one_that_is_given_itself(string name)
    {
        var given = new Dictionary<string, string?>(Given!);
        // The original's name counts where the couch's own is not set.
        if (name is "VERS_AUTH_TOKEN")
            given.Remove("COUCH_AUTH_TOKEN");
        var expected = Read(given);
        given.Remove(name);
        Assert.NotEqual(expected, Read(given));

        File.WriteAllText(folder["secret"], Given[name] + "\n");
        given[name + "_FILE"] = folder["secret"];
        Assert.Equal(expected, Read(given));
    }

    [Fact]
    public void The_settings_page_lists_them()
    {
        var page = File.ReadAllText(Path.Combine(Repository.Root, "docs/configuration.md"));
        var list = page[..page.IndexOf("COUCH_AUTH_TOKEN_FILE", StringComparison.Ordinal)];
        foreach (var name in Given.Keys.Select(name => name.Replace(":", "__", StringComparison.Ordinal)))
            Assert.Contains($"`{name}`", list, StringComparison.Ordinal);

        var settings = new Settings(new ConfigurationBuilder().Build());
        _ = CouchOptions.Read(settings);
        _ = HttpOptions.Read(settings);
        Assert.Equal(Given.Keys.Order(), settings.Secrets.Order());
    }

    private static object Read(Dictionary<string, string?> given)
    {
        var settings = new Settings(new ConfigurationBuilder().AddInMemoryCollection(given).Build());
        var (couch, gateway) = (CouchOptions.Read(settings), HttpOptions.Read(settings));
        return (couch.Postgres, couch.Vms.Vers?.Commit, $"{couch.Vms.Vers?.Key.Header}", gateway.HostKey, gateway.CollectorHeaders,
            couch.SigningKeys is { } keys ? Convert.ToHexString(keys.NodeKeys[0].PublicKey.Span) : null);
    }
}
