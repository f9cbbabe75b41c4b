using System.Text.Json;

namespace Couch.Bench.Processes;

/// <summary>
/// What Kestrel alone can do: one endpoint that answers, whatever it is asked, with an answer a couch once gave.
/// Runs as a process of its own: <c>Couch.Bench bare ANSWER</c>.
/// </summary>
internal static class BareEndpoint
{
    public const string Argument = "bare";

    /// <summary>A server that gives the answer that <paramref name="couch"/> gives at <paramref name="path"/>.</summary>
    public static async Task<ServerProcess> Like(ServerProcess couch, string path, string folder)
    {
        using var http = new HttpClient { BaseAddress = couch.Address };
        using var response = await http.GetAsync(path);
        response.EnsureSuccessStatusCode();

        var answer = new Answer(
            await response.Content.ReadAsByteArrayAsync(),
            response.Headers.TransferEncodingChunked is true,
            response.Headers.Concat(response.Content.Headers)
                // Kestrel writes these itself.
                .Where(header => header.Key is not ("Date" or "Transfer-Encoding" or "Content-Length"))
                .ToDictionary(header => header.Key, header => string.Join(", ", header.Value)));
        var file = Path.Combine(folder, "bare-answer.json");
        await File.WriteAllTextAsync(file, JsonSerializer.Serialize(answer));
        return await ServerProcess.Start(
            Path.Combine(folder, "bare.log"), path, "Couch.Bench.dll", new Dictionary<string, string>(), Argument, file);
    }

    public static async Task Run(string file, string url)
    {
        var answer = JsonSerializer.Deserialize<Answer>(await File.ReadAllTextAsync(file))!;
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.AddServerHeader = false);
        builder.WebHost.UseUrls(url);
        builder.Services.AddRoutingCore();

        await using var app = builder.Build();
        app.UseRouting();
        app.MapGet("/couch/status", (HttpContext context) => answer.Write(context.Response));
        await app.RunAsync();
    }

    private sealed record Answer(byte[] Body, bool Chunked, Dictionary<string, string> Headers)
    {
        public async Task Write(HttpResponse response)
        {
            foreach (var (name, value) in Headers)
                response.Headers[name] = value;
            if (!Chunked)
                response.ContentLength = Body.Length;
            await response.BodyWriter.WriteAsync(Body);
        }
    }
}
