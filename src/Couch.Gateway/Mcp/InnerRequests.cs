using System.Buffers;
using System.IO.Pipelines;
using Couch.Gateway.Access;
using Couch.Gateway.Connections;
using Couch.Gateway.Requests;
using Couch.Gateway.Secrecy;
using Microsoft.AspNetCore.Http.Features;

namespace Couch.Gateway.Mcp;

/// <summary>
/// Sends a request through the couch's own pipeline, in place of the request that asked for it: by the same connection, with the same
/// bearer. So access, limits, bodies, leases and refusals are the endpoint's own, and there is no second place for any of them.
/// </summary>
internal sealed class InnerRequests(Redaction redaction)
{
    private static readonly object Sent = new();

    private RequestDelegate? pipeline;

    /// <summary>Takes what follows as the pipeline of all inner requests: everything, where it is the first.</summary>
    public RequestDelegate Through(RequestDelegate next) => pipeline = next;

    /// <summary>Whether a request was sent for <paramref name="outer"/>.</summary>
    public static bool WasSentFor(HttpContext outer) => outer.Items.ContainsKey(Sent);

    /// <summary>The answer to <paramref name="request"/>, sent by the caller of <paramref name="outer"/>.</summary>
    /// <param name="cancel">Ends the request: its caller has gone.</param>
    public async Task<InnerAnswer> Send(HttpContext outer, InnerRequest request, CancellationToken cancel)
    {
        outer.Items[Sent] = true;
        using var answer = new MemoryStream();
        var inner = new DefaultHttpContext(Features(outer, request, answer))
        {
            RequestServices = outer.RequestServices,
            RequestAborted = cancel,
        };
        await pipeline!(inner);
        await inner.Response.CompleteAsync();
        return new(inner.Response.StatusCode, answer.ToArray(), inner.Response.Headers.RetryAfter);
    }

    private FeatureCollection Features(HttpContext outer, InnerRequest request, Stream answer)
    {
        var features = new FeatureCollection();
        var body = new Body(request.Body);
        var sent = new HttpRequestFeature
        {
            Protocol = outer.Request.Protocol,
            Scheme = outer.Request.Scheme,
            Method = request.Method,
            Path = request.Path,
            QueryString = request.Query.Value ?? "",
            RawTarget = request.Path + request.Query,
            Headers = Headers(outer, request),
            Body = body.Reader.AsStream(),
        };
        features.Set<IHttpRequestFeature>(sent);
        features.Set<IRequestBodyPipeFeature>(body);
        features.Set<IHttpRequestBodyDetectionFeature>(body);
        features.Set<IHttpResponseFeature>(new HttpResponseFeature());
        features.Set<IHttpResponseBodyFeature>(new StreamResponseBodyFeature(answer));
        // Who asks, and by which connection.
        features.Set(outer.Features.Get<IHttpConnectionFeature>());
        features.Set(CountedConnection.Of(outer));
        OriginalCaller.Pass(outer, features);
        // As for every request, before anything else sees it.
        QueryCapabilities.TakeFrom(features);
        redaction.Clean(features);
        return features;
    }

    /// <summary>The bearer, and no cookie: the console's session is for the console's own pages.</summary>
    private static IHeaderDictionary Headers(HttpContext outer, InnerRequest request)
    {
        IHeaderDictionary headers = new HeaderDictionary();
        (headers.Host, headers.Authorization) = (outer.Request.Headers.Host, outer.Request.Headers.Authorization);
        if (request.IdempotencyKey is not null)
            headers[IdempotencyKeys.Header] = request.IdempotencyKey;
        if (request.Body is { } body)
            (headers.ContentType, headers.ContentLength) = ("application/json", body.Length);
        return headers;
    }

    private sealed class Body(ReadOnlyMemory<byte>? body) : IRequestBodyPipeFeature, IHttpRequestBodyDetectionFeature
    {
        public PipeReader Reader { get; } = PipeReader.Create(new ReadOnlySequence<byte>(body ?? default));

        public bool CanHaveBody => body is not null;
    }
}

/// <summary>A request of a tool: a path of the couch's own, and what goes with it.</summary>
internal sealed record InnerRequest(string Method, string Path)
{
    public QueryString Query { get; init; }

    /// <summary>JSON; null: none.</summary>
    public ReadOnlyMemory<byte>? Body { get; init; }

    public string? IdempotencyKey { get; init; }
}

/// <summary>What an endpoint has answered.</summary>
/// <param name="Body">JSON.</param>
/// <param name="RetryAfter">In how many seconds to ask again; null where it does not say.</param>
internal sealed record InnerAnswer(int Status, ReadOnlyMemory<byte> Body, string? RetryAfter);
