using System.Text.Json;
using Couch.Gateway.Access;
using Couch.Gateway.OpenApi;
using Microsoft.AspNetCore.Authorization;
using ModelContextProtocol.Protocol;

namespace Couch.Gateway.Mcp;

/// <summary>
/// A tool: an endpoint of the couch, described for an agent. Its arguments are the endpoint's parameters and fields, by the same names;
/// it has no rule of its own.
/// </summary>
/// <param name="Method">The endpoint's method.</param>
/// <param name="Pattern">The endpoint's path, with <c>{id}</c> where the argument <c>id</c> stands.</param>
internal sealed record CouchTool(string Name, string Method, string Pattern)
{
    private readonly JsonElement schema;

    public required string Title { get; init; }

    /// <summary>What it does, for an agent that decides whether to call it; ends with an example.</summary>
    public required string Description { get; init; }

    /// <summary>The JSON Schema of its arguments.</summary>
    public required string Input { init => schema = JsonElement.Parse(value); }

    /// <summary>The shape of its answer; null where the answer's schema would cost its readers more than it tells them.</summary>
    public Type? Output { get; init; }

    /// <summary>What it changes; nothing, where nothing is said.</summary>
    public Effect Effect { get; init; } = Effect.Nothing;

    /// <summary>How many rows are asked for where the caller does not say: an agent reads every one of them.</summary>
    public int? Rows { get; init; }

    /// <summary>What to do after a 400.</summary>
    public string WhereWrong { get; init; } = "correct the argument that is named, and call again.";

    /// <summary>What to do after a 404.</summary>
    public string WhereNotFound { get; init; } = "check the path of this couch.";

    /// <summary>What to do after a 409.</summary>
    public string WhereRefused { get; init; } = "call again with a new idempotencyKey.";

    /// <summary>Whether this is one of its arguments. Others are ignored, as the protocol ignores unknown fields.</summary>
    public bool Takes(string argument) => schema.GetProperty("properties").TryGetProperty(argument, out _);

    /// <summary>Whether tools/list shows it to this caller: what its endpoint would refuse in any case is not shown.</summary>
    public bool IsFor(McpCaller caller, Endpoint endpoint)
    {
        if (endpoint.Metadata.GetMetadata<IAuthorizeData>() is not null)
            return !caller.IsGuest && caller.Host is { } host && host.MayCall(endpoint);
        return endpoint.Metadata.GetMetadata<TakesGuestBearer>() is not null ? caller.IsGuest : !caller.HasBearer;
    }

    public Tool Shown(JsonElement? output) => new()
    {
        Name = Name,
        Title = Title,
        Description = Description,
        InputSchema = schema,
        OutputSchema = output,
        Annotations = new()
        {
            ReadOnlyHint = Effect is Effect.Nothing,
            DestructiveHint = Effect is Effect.Ends,
            IdempotentHint = Effect is not Effect.AddsEachTime,
            OpenWorldHint = false,
        },
    };
}

/// <summary>What a tool does to the couch.</summary>
internal enum Effect
{
    /// <summary>It reads.</summary>
    Nothing,

    /// <summary>It adds something, once: a repetition adds nothing.</summary>
    AddsOnce,

    /// <summary>It adds something at each call without an idempotency key.</summary>
    AddsEachTime,

    /// <summary>It ends something for good, once.</summary>
    Ends,
}

/// <summary>Who calls: what its bearer is.</summary>
/// <param name="Host">The host; null where it is none.</param>
/// <param name="IsGuest">Whether it shows a guest's token, genuine or not.</param>
/// <param name="HasBearer">Whether it shows anything.</param>
internal sealed record McpCaller(HostCaller? Host, bool IsGuest, bool HasBearer);
