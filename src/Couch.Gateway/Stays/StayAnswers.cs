using System.Text.Json;
using Couch.Domain.Guests;
using Microsoft.AspNetCore.Http.Json;
using Microsoft.AspNetCore.Http.Metadata;
using Microsoft.Extensions.Options;

namespace Couch.Gateway.Stays;

/// <summary>
/// Guests' answers, spelled out once for each state of a guest: polls ask for the same again and again, and to spell it was a
/// tenth of what one costs. The grain is asked each time, and what it hands over must equal what an answer was made of. A
/// few megabytes at most; of two guests with one place, whoever asked last has it.
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

        var answer = new StayAnswer(JsonSerializer.SerializeToUtf8Bytes(StayView.Of(guest), json.Value.SerializerOptions));
        Volatile.Write(ref place, new(guest, answer));
        return answer;
    }

    private sealed record Kept(Guest Guest, StayAnswer Answer);
}

/// <summary>A <see cref="StayView"/> as it goes over the wire.</summary>
public sealed class StayAnswer : IResult, IEndpointMetadataProvider
{
    private const string Json = "application/json";
    private readonly ReadOnlyMemory<byte> body;

    internal StayAnswer(ReadOnlyMemory<byte> body) => this.body = body;

    public Task ExecuteAsync(HttpContext httpContext)
    {
        httpContext.Response.ContentType = Json + "; charset=utf-8";
        httpContext.Response.ContentLength = body.Length;
        return httpContext.Response.BodyWriter.WriteAsync(body).AsTask();
    }

    static void IEndpointMetadataProvider.PopulateMetadata(System.Reflection.MethodInfo method, EndpointBuilder builder) =>
        builder.Metadata.Add(new ProducesResponseTypeMetadata(StatusCodes.Status200OK, typeof(StayView), [Json]));
}
