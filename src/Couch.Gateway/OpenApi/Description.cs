using System.Buffers.Text;
using System.Security.Cryptography;
using Couch.Gateway.Caching;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.Net.Http.Headers;
using Microsoft.OpenApi;

namespace Couch.Gateway.OpenApi;

/// <summary>
/// The description as bytes, made at the first request: making it costs as much as hundreds of polls, and any caller may request it.
/// </summary>
internal sealed class Description([FromKeyedServices(Description.Name)] IOpenApiDocumentProvider documents)
{
    public const string Name = "v1";

    private readonly Lock making = new();
    private Task<Written>? written;

    /// <summary>The description, or 304 to a caller that has it.</summary>
    public async Task<IResult> For(HttpRequest request, CancellationToken cancel)
    {
        var (body, tag) = await Write().WaitAsync(cancel);
        return EntityTags.Of(request)?.Have(tag) is true
            ? new NotModified(tag)
            : Results.Bytes(body, "application/json; charset=utf-8", entityTag: tag);
    }

    /// <summary>
    /// Made once, also for all callers that ask meanwhile. A caller's cancellation does not stop it; a failure is not kept.
    /// </summary>
    private Task<Written> Write()
    {
        lock (making)
            return written is null or { IsFaulted: true } ? written = Task.Run(WriteNow) : written;
    }

    private async Task<Written> WriteNow()
    {
        var document = await documents.GetOpenApiDocumentAsync(CancellationToken.None);
        using var body = new MemoryStream();
        await document.SerializeAsJsonAsync(body, OpenApiSpecVersion.OpenApi3_1, CancellationToken.None);
        var bytes = body.ToArray();
        return new(bytes, new($"\"{Base64Url.EncodeToString(SHA256.HashData(bytes).AsSpan(0, 12))}\""));
    }

    private sealed record Written(byte[] Body, EntityTagHeaderValue Tag);
}
