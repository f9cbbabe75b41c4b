using Microsoft.Net.Http.Headers;

namespace Couch.Gateway.Caching;

/// <summary>The entity tags that a caller has sent in <c>If-None-Match</c>: the answers that it has already (RFC 9110, 13.1.2).</summary>
internal sealed class EntityTags
{
    private readonly IList<EntityTagHeaderValue> tags;

    private EntityTags(IList<EntityTagHeaderValue> tags) => this.tags = tags;

    /// <summary>Null where the request has none. What is not an entity tag is ignored, as an unknown precondition is.</summary>
    public static EntityTags? Of(HttpRequest request) =>
        request.Headers.IfNoneMatch is { Count: > 0 } sent && EntityTagHeaderValue.TryParseList(sent!, out var tags) && tags.Count > 0
            ? new(tags)
            : null;

    /// <summary>
    /// Whether the caller has <paramref name="current"/> already; <c>*</c> matches every tag. The comparison is weak, as it must be for
    /// GET.
    /// </summary>
    public bool Have(EntityTagHeaderValue current)
    {
        foreach (var tag in tags)
        {
            if (tag.Equals(EntityTagHeaderValue.Any) || tag.Compare(current, useStrongComparison: false))
                return true;
        }

        return false;
    }
}
