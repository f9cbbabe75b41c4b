using Microsoft.AspNetCore.Http.Metadata;
using Microsoft.Net.Http.Headers;

namespace Couch.Gateway.Caching;

/// <summary>304: the caller has this answer already.</summary>
public sealed class NotModified : IResult, IStatusCodeHttpResult, IEndpointMetadataProvider
{
    private readonly string tag;

    internal NotModified(EntityTagHeaderValue tag) => this.tag = tag.ToString();

    /// <inheritdoc/>
    public int? StatusCode => StatusCodes.Status304NotModified;

    /// <inheritdoc/>
    public Task ExecuteAsync(HttpContext httpContext)
    {
        httpContext.Response.StatusCode = StatusCodes.Status304NotModified;
        httpContext.Response.Headers.ETag = tag;
        return Task.CompletedTask;
    }

    static void IEndpointMetadataProvider.PopulateMetadata(System.Reflection.MethodInfo method, EndpointBuilder builder) =>
        builder.Metadata.Add(new ProducesResponseTypeMetadata(StatusCodes.Status304NotModified, typeof(void)));
}
