using System.Text.RegularExpressions;
using Couch.Cluster;
using Couch.Cluster.Configuration;
using Couch.Gateway;
using Couch.Tests.Support;
using Microsoft.Extensions.Configuration;
using Xunit;

namespace Couch.Tests.Gateway;

/// <summary>The README's tables match the code.</summary>
public sealed partial class ReadmeTests
{
    private static readonly string Readme = File.ReadAllText(Path.Combine(Repository.Root, "README.md"));

    [Fact]
    public void Every_setting_that_the_code_reads_is_in_the_readmes_table_and_no_other()
    {
        var settings = new Settings(new ConfigurationBuilder().Build());
        _ = CouchOptions.Read(settings);
        _ = GatewayOptions.Read(settings);
        var read = settings.Asked.Append("PORT").Select(name => name.Replace(":", "__", StringComparison.Ordinal)).Except(["VERS_AUTH_TOKEN"]);

        Assert.Equal(read.Order(), SettingRow().Matches(Readme).Select(row => row.Groups[1].Value).Order());
    }

    [Fact]
    public void Defaults_in_the_readmes_table_are_the_codes()
    {
        var settings = new Settings(new ConfigurationBuilder().Build());
        var (couch, gateway) = (CouchOptions.Read(settings), GatewayOptions.Read(settings));
        foreach (var (name, value) in new[]
                 {
                     ("COUCH_SILO_PORT", couch.SiloPort), ("COUCH_GATEWAY_PORT", couch.GatewayPort), ("COUCH_DB_CONNECTIONS", couch.DatabaseConnections),
                     ("COUCH_RETENTION_DAYS", couch.Retention.Days),
                     ("COUCH_REDEEMS_PER_MINUTE", gateway.RedeemsPerMinute), ("COUCH_STATUS_PER_MINUTE", gateway.StatusPerMinute),
                 })
            Assert.Matches($@"\| `{name}` \|[^|]*\| `{value}`( \||; )", Readme);
    }

    [GeneratedRegex(@"^\| `([A-Za-z_]+)` \|", RegexOptions.Multiline)]
    private static partial Regex SettingRow();
}
