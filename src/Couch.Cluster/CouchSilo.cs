using Microsoft.Extensions.Hosting;

namespace Couch.Cluster;

/// <summary>The one entry: makes a host a silo of the couch.</summary>
public static class CouchSilo
{
    /// <summary>
    /// Adds the silo with its grains, storage and housekeeping. Registers <see cref="CouchOptions"/>,
    /// <see cref="Storage.CouchDatabase"/>, <see cref="Storage.Listings"/>, <see cref="Storage.InviteKeys"/>,
    /// <see cref="Domain.Capabilities.SigningKeys"/>, <see cref="TimeProvider"/> and the byte source.
    /// </summary>
    public static IHostApplicationBuilder UseCouch(this IHostApplicationBuilder builder, CouchOptions options) =>
        throw new NotSupportedException(builder.ToString() + options);
}
