using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Couch.Tests.Support;
using Couch.VersSimulator;
using Couch.VersSimulator.Calls;
using Couch.VersSimulator.Faults;
using Xunit;

namespace Couch.Tests.Telemetry;

/// <summary>The Grafana dashboard against what a busy couch tells Prometheus.</summary>
public sealed partial class GrafanaTests
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(30);

    /// <summary>What PromQL itself is made of, as far as the dashboard uses it.</summary>
    private static readonly HashSet<string> Words = ["sum", "max", "rate", "increase", "histogram_quantile", "by"];

    /// <summary>Labels that Prometheus adds when it scrapes.</summary>
    private static readonly HashSet<string> Added = ["job", "instance"];

    [Fact]
    public async Task Every_metric_and_label_that_the_dashboard_asks_for_is_told_and_all_of_the_couchs_own_are_on_it()
    {
        var asked = Queries().SelectMany(MetricsIn).ToList();
        Assert.True(asked.Count > 20);
        var told = await Scrape(untilTold: asked.Select(metric => metric.Name));

        foreach (var (name, labels) in asked)
        {
            Assert.True(told.ContainsKey(name), $"{name} is not told");
            foreach (var label in labels.Except(Added))
                Assert.True(told[name].Contains(label), $"{name} has no label {label}");
        }

        var own = told.Keys.Where(name => name.StartsWith("couch_", StringComparison.Ordinal)).Select(Instrument).Distinct();
        Assert.Empty(own.Except(asked.Select(metric => Instrument(metric.Name))));
    }

    /// <summary>Every query, and the one that fills the choice of jobs.</summary>
    private static IEnumerable<string> Queries()
    {
        var dashboard = JsonNode.Parse(File.ReadAllText(Path.Combine(Repository.Root, "deploy", "grafana", "couch.json")))!;
        Assert.Equal("label_values(dotnet_process_cpu_count, job)", (string?)dashboard["templating"]!["list"]![1]!["query"]!["query"]);
        return dashboard["panels"]!.AsArray().SelectMany(panel => panel!["targets"]?.AsArray() ?? [])
            .Select(target => (string)target!["expr"]!).Append("dotnet_process_cpu_count");
    }

    /// <summary>The metrics of a query, each with all labels that the query names.</summary>
    private static IEnumerable<(string Name, List<string> Labels)> MetricsIn(string query)
    {
        var labels = Matcher().Matches(query).SelectMany(match => match.Groups[1].Captures).Select(label => label.Value)
            .Concat(Grouping().Matches(query).SelectMany(match => match.Groups[1].Value.Split(',', StringSplitOptions.TrimEntries)))
            .Distinct().ToList();
        var bare = Range().Replace(Grouping().Replace(Matcher().Replace(query, ""), ""), "");
        return Name().Matches(bare).Select(match => match.Value).Where(name => !Words.Contains(name)).Select(name => (name, labels));
    }

    /// <summary>
    /// What a couch says that has had guests, VMs and failures, and has kept house as it started: each sample's name, and its labels.
    /// </summary>
    private static async Task<Dictionary<string, HashSet<string>>> Scrape(IEnumerable<string> untilTold)
    {
        await using var database = await PostgresServer.NewDatabase();
        await using var vers = await SimulatedVers.Start(new() { BootDelay = TimeSpan.FromMilliseconds(50) });
        // A process for itself: to the exporter a metric ends with the first couch of a process that does.
        await using var couch = await CouchProcess.Start(NodeSettings.Of(database.ConnectionString).And(NodeSettings.Of(vers)));
        await using var stream = await EventReader.Open(couch.Http.BaseAddress!, null);
        vers.Faults.Next(Call.Create, new Effect.Answer(503));
        var stay = (await couch.Anyone.Arrive()).Is(201);
        await Until.True(async () => (await couch.Anyone.Get($"/couch/status?token={stay["authToken"]}"))["status"] is "running", Soon,
            "the guest runs");
        (await couch.Anyone.Delete($"/couch/guests/{stay["guestId"]}")).Is(200);
        (await couch.Anyone.Get("/couch/guests/unknown")).Refuses(404);

        var told = new Dictionary<string, HashSet<string>>();
        await Until.Holds(
            async () =>
            {
                foreach (Match sample in Sample().Matches((await couch.Anyone.Get("/metrics")).Is(200).Body))
                {
                    if (!told.TryGetValue(sample.Groups[1].Value, out var labels))
                        told[sample.Groups[1].Value] = labels = [];
                    labels.UnionWith(Label().Matches(sample.Groups[2].Value).Select(label => label.Groups[1].Value));
                }

                return untilTold.All(told.ContainsKey);
            },
            Soon);
        return told;
    }

    private static string Instrument(string sample) => Suffix().Replace(sample, "");

    [GeneratedRegex(@"\{(?:([a-z_]+)\s*[=!]~?\s*""[^""]*"",?\s*)*\}")]
    private static partial Regex Matcher();

    [GeneratedRegex(@"\bby \(([^)]*)\)")]
    private static partial Regex Grouping();

    [GeneratedRegex(@"\[[^\]]*\]")]
    private static partial Regex Range();

    [GeneratedRegex("[a-z_][a-z0-9_]*")]
    private static partial Regex Name();

    [GeneratedRegex(@"^([a-z_][a-z0-9_]*)(?:\{(.*)\})? \S+$", RegexOptions.Multiline)]
    private static partial Regex Sample();

    [GeneratedRegex("([a-z_]+)=\"")]
    private static partial Regex Label();

    [GeneratedRegex("_(bucket|count|sum)$")]
    private static partial Regex Suffix();
}
