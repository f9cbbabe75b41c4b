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
/// Guests' answers, spelled out once for each state of a guest: polls ask for the same again and again, and to spell it was a
/// tenth of what one costs. The grain is asked each time, and what it hands over must equal what an answer was made of. A
/// few megabytes at most; of two guests with one place, the last one asked for has it.
/// </summary>
public sealed class StayAnswers(IOptions<JsonOptions> json)
{
    private const int Places = 4096;
    private readonly Kept?[] places = new Kept?[Places];

    /// <summary>What a guest that stays is told.</summary>
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
    /// Of the status and the endpoint alone, so weak: counters may grow under it. Made of nothing else, every node makes the same.
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

    /// <summary>What a caller is told who has an answer of this tag.</summary>
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
