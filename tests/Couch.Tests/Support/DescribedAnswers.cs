using System.Text.Json;
using System.Text.RegularExpressions;

namespace Couch.Tests.Support;

/// <summary>
/// What an OpenAPI document says of answers: the status codes of an operation, their types of content, and their schemas.
/// </summary>
/// <param name="document">The document as JSON.</param>
internal sealed class DescribedAnswers(ReadOnlyMemory<byte> document)
{
    private const string Problem = "application/problem+json";
    private const string Id = "(?!(?:inv|guest|whsec|couch)[_%])[^/]+";

    private readonly JsonElement paths = JsonDocument.Parse(document).RootElement.GetProperty("paths");
    private readonly List<(Regex Path, string Template)> templates = Templates(document);
    private readonly JsonSchemas schemas = new(document);

    /// <summary>What is wrong with an answer; empty where it is as described, or where its path is not described at all.</summary>
    /// <remarks>The content of a stream is not read: its type alone is compared.</remarks>
    public async Task<List<string>> Faults(HttpRequestMessage request, HttpResponseMessage response, CancellationToken cancel)
    {
        var path = request.RequestUri!.AbsolutePath;
        var template = templates.FirstOrDefault(one => one.Path.IsMatch(path)).Template;
        if (template is null || request.Method == HttpMethod.Head)
            return [];

        var status = (int)response.StatusCode;
        if (!paths.GetProperty(template).TryGetProperty(request.Method.Method.ToLowerInvariant(), out var operation))
            return status is 401 or 404 or 405 or 503 ? [] : [$"{request.Method} is not described, and answered with {status}"];
        // Nobody sends a body with a GET; where a test does, it is judged like any other.
        if (request is { Method.Method: "GET", Content: not null } && status is 400 or 413 or 415)
            return [];
        if (!operation.GetProperty("responses").TryGetProperty($"{status}", out var answer))
            return [$"the status {status} is not described"];

        var type = response.Content.Headers.ContentType?.MediaType;
        if (!answer.TryGetProperty("content", out var contents))
            return type is null ? [] : [$"{status} is described without content, and has {type}"];
        if (type is null || !contents.TryGetProperty(type, out var content))
            return [$"{status} has the content {type ?? "(none)"}, which is not described"];
        if (type is not ("application/json" or Problem) || !content.TryGetProperty("schema", out var schema))
            return [];

        // It stays in the content's buffer, for whoever asked.
        using var body = JsonDocument.Parse(await response.Content.ReadAsByteArrayAsync(cancel));
        return [.. schemas.Faults(body.RootElement, schema, "body").Select(fault => $"{status}: {fault}")];
    }

    /// <summary>
    /// Paths without a parameter before those with one, as routing has it. What looks like a secret is no parameter: the couch takes it out
    /// of the path, with all that follows it, before it looks where the path leads.
    /// </summary>
    private static List<(Regex Path, string Template)> Templates(ReadOnlyMemory<byte> document)
    {
        using var parsed = JsonDocument.Parse(document);
        return [.. parsed.RootElement.GetProperty("paths").EnumerateObject()
            .Select(path => path.Name).OrderBy(path => path.Count(letter => letter is '{'))
            .Select(path => (new Regex("^" + Regex.Replace(path, @"\{[^}]+\}", Id) + "/?$", RegexOptions.IgnoreCase), path))];
    }
}
