using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Couch.Domain.Guests;
using Couch.Domain.Text;
using Couch.Gateway.Caching;
using Microsoft.AspNetCore.Http.Json;
using Microsoft.AspNetCore.Http.Metadata;
using Microsoft.Extensions.Options;
using Microsoft.Net.Http.Headers;

namespace Couch.Gateway.Stays;

/// <summary>
/// Caches guests' answers, serialized once for each state of a guest: polls ask for the same again and again, and serializing was a tenth
/// of a poll's cost. The grain is asked each time, and an answer is used only if it was made from an equal result. The cache has a few
/// megabytes at most; if two guests share a slot, it has the one that was asked for last.
/// </summary>
public sealed class StayAnswers(IOptions<JsonOptions> json)
{
    private const int Places = 4096;
    private readonly Kept?[] places = new Kept?[Places];

    /// <summary>The answer for a guest that stays.</summary>
    public StayAnswer Of(Guest guest)
    {
        ref var place = ref places[(uint)guest.Id.GetHashCode() % Places];
        if (Volatile.Read(ref place) is { } kept && kept.Guest == guest)
            return kept.Answer;

        var answer = new StayAnswer(JsonSerializer.SerializeToUtf8Bytes(StayView.Of(guest), json.Value.SerializerOptions), Tag(guest));
        Volatile.Write(ref place, new(guest, answer));
        return answer;
    }

    /// <summary>
    /// Made from the status and the endpoint only. It is weak, because counters may grow while it stays the same. Every node makes the same
    /// tag.
    /// </summary>
    private static EntityTagHeaderValue Tag(Guest guest)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(Encoding.UTF8.GetBytes($"{guest.Id}\n{guest.AgentEndpoint}"), hash);
        return new($"\"{guest.Status.Word()}-{Base64Url.EncodeToString(hash[..12])}\"", isWeak: true);
    }

    private sealed record Kept(Guest Guest, StayAnswer Answer);
}

/// <summary>A <see cref="StayView"/> as it goes over the wire.</summary>
public sealed class StayAnswer : IResult, IEndpointMetadataProvider
{
    private const string Json = "application/json";
    private readonly ReadOnlyMemory<byte> body;
    private readonly string tag;

    internal StayAnswer(ReadOnlyMemory<byte> body, EntityTagHeaderValue tag)
    {
        (this.body, Tag, this.tag) = (body, tag, tag.ToString());
        Unchanged = new(tag);
    }

    /// <summary>Changes with the guest's status and its endpoint, and with nothing else.</summary>
    internal EntityTagHeaderValue Tag { get; }

    /// <summary>The answer to a caller that already has the one with this tag.</summary>
    internal NotModified Unchanged { get; }

    /// <inheritdoc/>
    public Task ExecuteAsync(HttpContext httpContext)
    {
        httpContext.Response.Headers.ETag = tag;
        httpContext.Response.ContentType = Json + "; charset=utf-8";
        httpContext.Response.ContentLength = body.Length;
        return httpContext.Response.BodyWriter.WriteAsync(body).AsTask();
    }

    static void IEndpointMetadataProvider.PopulateMetadata(System.Reflection.MethodInfo method, EndpointBuilder builder) =>
        builder.Metadata.Add(new ProducesResponseTypeMetadata(StatusCodes.Status200OK, typeof(StayView), [Json]));
}
