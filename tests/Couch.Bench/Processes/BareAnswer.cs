using System.Text.Json;

namespace Couch.Bench.Processes;

/// <summary>An answer that a couch once gave, for servers that give it without being one.</summary>
internal sealed record BareAnswer(byte[] Body, bool Chunked, Dictionary<string, string> Headers)
{
    /// <summary>Asks <paramref name="couch"/> for it and puts it into a file.</summary>
    public static async Task<string> Keep(ServerProcess couch, string path, string folder)
    {
        using var http = new HttpClient { BaseAddress = couch.Address };
        using var response = await http.GetAsync(path);
        response.EnsureSuccessStatusCode();

        return await Keep(folder, new(
            await response.Content.ReadAsByteArrayAsync(),
            response.Headers.TransferEncodingChunked is true,
            response.Headers.Concat(response.Content.Headers)
                // Kestrel writes these itself.
                .Where(header => header.Key is not ("Date" or "Transfer-Encoding" or "Content-Length"))
                .ToDictionary(header => header.Key, header => string.Join(", ", header.Value))));
    }

    /// <summary>An answer that no couch gave, of so many bytes.</summary>
    public static Task<string> Keep(int bytes, string folder) => Keep(folder, new(new byte[bytes], false, []));

    private static async Task<string> Keep(string folder, BareAnswer answer)
    {
        var file = Path.Combine(folder, "bare-answer.json");
        await File.WriteAllTextAsync(file, JsonSerializer.Serialize(answer));
        return file;
    }

    public static async Task<BareAnswer> Read(string file) => JsonSerializer.Deserialize<BareAnswer>(await File.ReadAllTextAsync(file))!;

    /// <param name="body">Its own body, wherever it came from.</param>
    public async Task Write(HttpResponse response, byte[] body)
    {
        foreach (var (name, value) in Headers)
            response.Headers[name] = value;
        if (!Chunked)
            response.ContentLength = body.Length;
        await response.BodyWriter.WriteAsync(body);
    }
}
