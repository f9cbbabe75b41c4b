namespace Couch.Bench.Processes;

/// <summary>
/// What Kestrel alone can do: one endpoint that answers, whatever it is asked, with an answer a couch once gave.
/// Runs as a process of its own: <c>Couch.Bench bare ANSWER</c>.
/// </summary>
internal static class BareEndpoint
{
    public const string Argument = "bare";

    /// <summary>A server that gives the answer that <paramref name="couch"/> gives at <paramref name="path"/>.</summary>
    public static async Task<ServerProcess> Like(ServerProcess couch, string path, string folder) => await ServerProcess.Start(
        Path.Combine(folder, "bare.log"), path, "Couch.Bench.dll", new Dictionary<string, string>(), Argument, await BareAnswer.Keep(
            couch, path, folder));

    public static async Task Run(string file, string url)
    {
        var answer = await BareAnswer.Read(file);
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.UseBareKestrel(url);

        await using var app = builder.Build();
        app.UseRouting();
        app.MapGet("/couch/status", (HttpContext context) => answer.Write(context.Response, answer.Body));
        await app.RunAsync();
    }

    public static void UseBareKestrel(this WebApplicationBuilder builder, string url)
    {
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.AddServerHeader = false);
        builder.WebHost.UseUrls(url);
        builder.Services.AddRoutingCore();
    }
}
