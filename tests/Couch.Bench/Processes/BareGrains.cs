using System.Globalization;
using System.Net;
using Couch.Cluster.Telemetry;
using Couch.Cluster.Transport;
using Couch.Domain.Capabilities;
using Orleans.Concurrency;

namespace Couch.Bench.Processes;

/// <summary>
/// What Orleans alone can do: an endpoint that asks a grain, one for each token, which hands over the answer's bytes out of
/// memory. Runs as processes of its own, which are one cluster: <c>Couch.Bench bare-grains ANSWER SILO FIRST-SILO KEY</c>; with
/// a signing key they encrypt what they say to each other as a couch's nodes do, with <c>none</c> they do not.
/// </summary>
internal static class BareGrains
{
    public const string Argument = "bare-grains";

    private const string NoKey = "none";

    /// <summary>Nodes of one cluster, each started once the one before is there.</summary>
    /// <param name="key">The signing key by which they prove themselves to each other; null: they do not.</param>
    public static IReadOnlyList<Func<Task<ServerProcess>>> Nodes(int nodes, string answer, string path, string folder, string? key = null)
    {
        var silos = Enumerable.Range(0, nodes).Select(_ => ServerProcess.FreePort()).ToList();
        return [.. silos.Select((silo, index) => new Func<Task<ServerProcess>>(() => ServerProcess.Start(
            Path.Combine(folder, $"bare-grains-{nodes}-{(key is null ? "plain" : "proven")}-{index}.log"), path, "Couch.Bench.dll",
            new Dictionary<string, string>(),
            Argument, answer, Text(silo), Text(silos[0]), key ?? NoKey)))];
    }

    public static async Task Run(string file, string silo, string first, string key, string url)
    {
        var answer = await BareAnswer.Read(file);
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.UseBareKestrel(url);
        builder.Services.AddSingleton(answer);
        builder.UseOrleans(cluster =>
        {
            cluster.UseLocalhostClustering(Number(silo), gatewayPort: 0, new IPEndPoint(IPAddress.Loopback, Number(first)), "bare", "bare");
            if (SigningKeys.TryParse(key, out var keys, out _))
            {
                builder.Services.AddMetrics().AddSingleton(keys).AddSingleton(TimeProvider.System).AddSingleton<CouchMeter>()
                    .AddNodeIdentity();
                cluster.UseNodeTls();
            }
        });

        await using var app = builder.Build();
        app.UseRouting();
        app.MapGet("/couch/status", async (HttpContext context, IGrainFactory grains) =>
            await answer.Write(
                context.Response, (await grains.GetGrain<IBareGrain>(context.Request.Query["token"].ToString()).Get()).Value));
        await app.RunAsync();
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);

    private static int Number(string text) => int.Parse(text, CultureInfo.InvariantCulture);
}

/// <summary>A grain that has nothing to do.</summary>
public interface IBareGrain : IGrainWithStringKey
{
    [ReadOnly]
    Task<Immutable<byte[]>> Get();
}

internal sealed class BareGrain(BareAnswer answer) : Grain, IBareGrain
{
    public Task<Immutable<byte[]>> Get() => Task.FromResult(answer.Body.AsImmutable());
}
