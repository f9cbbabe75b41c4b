using Couch.Gateway.Events;
using Couch.Gateway.Requests;
using Microsoft.OpenApi;

namespace Couch.Gateway.OpenApi;

/// <summary>Describes a parameter that an endpoint reads by itself, so that the framework cannot describe it.</summary>
internal sealed record Described(string Name, ParameterLocation In, string Description)
{
    public static Described IdempotencyKey { get; } = new(IdempotencyKeys.Header, ParameterLocation.Header,
        "Makes a repeated request give the first one's answer for 24 hours. 1 to 255 visible ASCII characters.");

    public static Described Code { get; } = new("code", ParameterLocation.Query,
        "The invite's code. Required.");

    public static Described Token { get; } = new("token", ParameterLocation.Query,
        "The guest's token. Required, here or as bearer; here wins.");

    public static Described LastEventId { get; } = new(EventStream.LastEventId, ParameterLocation.Header,
        "The id of the last event that the reader has; wins over since_id.");

    public static Described IfNoneMatch { get; } = new("If-None-Match", ParameterLocation.Header,
        "The ETag of the answer that the caller has: 304 while it still is the answer.");
}

/// <summary>Marks an endpoint that a guest may show its token to as bearer.</summary>
internal sealed class TakesGuestBearer;
