using Couch.Cluster.Housekeeping;
using Couch.Cluster.Summary;
using Couch.Domain.Keys;
using Couch.Domain.Text;
using Couch.Gateway.Access;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Couch.Gateway.Summary;

/// <summary>A host asks for everything at a glance.</summary>
public static class SummaryEndpoints
{
    /// <summary>How long housekeeping may take to answer; it only tells what it remembers of its last pass.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    /// <summary>Maps <c>/couch/summary</c>, for host keys of scope guests.</summary>
    public static void MapSummary(this IEndpointRouteBuilder app) =>
        app.MapHostGroup("/couch/summary", "Guests", KeyScope.Guests).MapGet("", Show);

    /// <summary>Shows the whole couch at a glance.</summary>
    /// <remarks>
    /// Cheap: ended guests and spent invites are counted off an index, and only the rows of guests that are staying are read.
    /// </remarks>
    public static async Task<Ok<SummaryView>> Show(
        SharedSummary summaries, IGrainFactory grains, TimeProvider clock, CancellationToken cancel)
    {
        var provider = LookAtProvider(grains, clock, cancel);
        return TypedResults.Ok(SummaryView.Of(await summaries.Read(cancel), await provider));
    }

    /// <returns>Null also where the node that knows does not answer: the rest of the summary is worth having without it.</returns>
    private static async Task<ProviderSeen?> LookAtProvider(IGrainFactory grains, TimeProvider clock, CancellationToken cancel)
    {
        try
        {
            return await grains.GetGrain<IHousekeepingGrain>(IHousekeepingGrain.Key).LookAtProvider().WaitAsync(Patience, clock, cancel);
        }
        catch (Exception) when (!cancel.IsCancellationRequested)
        {
            return null;
        }
    }
}

/// <summary>
/// Reads the summary for all callers of this process, one reading at a time. A caller gets one that began after it asked; those that ask
/// while a reading is under way share the next.
/// </summary>
public sealed class SharedSummary(SummaryRows rows, TimeProvider clock)
{
    private readonly Lock asking = new();
    private Task<FleetSummary>? current;
    private Task<FleetSummary>? next;

    /// <summary>The summary as of now or later.</summary>
    /// <exception cref="Couch.Cluster.Storage.StorageUnavailableException">The table cannot be read.</exception>
    public Task<FleetSummary> Read(CancellationToken cancel)
    {
        lock (asking)
        {
            if (current is null or { IsCompleted: true } && next is null)
                return (current = ReadNow()).WaitAsync(cancel);
            return (next ??= ReadAfter(current!)).WaitAsync(cancel);
        }
    }

    private async Task<FleetSummary> ReadAfter(Task before)
    {
        await before.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ForceYielding);
        lock (asking)
            (current, next) = (next, null);
        return await ReadNow();
    }

    private Task<FleetSummary> ReadNow() => Task.Run(() => rows.Read(clock.Now(), CancellationToken.None));
}
