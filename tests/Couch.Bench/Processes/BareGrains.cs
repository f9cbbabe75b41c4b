using System.Globalization;
using System.Net;
using Orleans.Concurrency;

namespace Couch.Bench.Processes;

/// <summary>
/// What Orleans alone can do: an endpoint that asks a grain, one for each token, which hands over the answer's bytes out of
/// memory. Runs as processes of its own, which are one cluster: <c>Couch.Bench bare-grains ANSWER SILO GATEWAY FIRST-SILO</c>.
/// </summary>
internal static class BareGrains
{
    public const string Argument = "bare-grains";

    /// <summary>Nodes of one cluster, each started once the one before is there.</summary>
    public static IReadOnlyList<Func<Task<ServerProcess>>> Nodes(int nodes, string answer, string path, string folder)
    {
        var silos = Enumerable.Range(0, nodes).Select(_ => ServerProcess.FreePort()).ToList();
        return [.. silos.Select((silo, index) => new Func<Task<ServerProcess>>(() => ServerProcess.Start(
            Path.Combine(folder, $"bare-grains-{nodes}-{index}.log"), path, "Couch.Bench.dll", new Dictionary<string, string>(),
            Argument, answer, Text(silo), Text(ServerProcess.FreePort()), Text(silos[0]))))];
    }

    public static async Task Run(string file, string silo, string gateway, string first, string url)
    {
        var answer = await BareAnswer.Read(file);
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.UseBareKestrel(url);
        builder.Services.AddSingleton(answer);
        builder.UseOrleans(cluster => cluster.UseLocalhostClustering(
            Number(silo), Number(gateway), new IPEndPoint(IPAddress.Loopback, Number(first)), "bare", "bare"));

        await using var app = builder.Build();
        app.UseRouting();
        app.MapGet("/couch/status", async (HttpContext context, IGrainFactory grains) =>
            await answer.Write(context.Response, (await grains.GetGrain<IBareGrain>(context.Request.Query["token"].ToString()).Get()).Value));
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
