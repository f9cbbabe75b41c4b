using Couch.Domain.Guests;

namespace Couch.Cluster.Vms.Vers;

/// <summary>
/// The account's list, requested once at a time for any number of callers. A list is long when there are many guests, and many
/// guests need one at the same moment: each caller gets the next list to begin, together with all callers that have arrived by
/// then. After a list comes a pause longer than the list took, so that hundreds of ends cost more destroys than lists, here and at
/// the provider.
/// </summary>
internal sealed class VersLists(VersApi api, TimeProvider clock)
{
    /// <summary>The pause, as a multiple of the time that the last list took.</summary>
    private const int RestsFor = 2;

    /// <summary>Bounds the pause, because a receipt waits for it too.</summary>
    private static readonly TimeSpan LongestRest = TimeSpan.FromSeconds(2);

    /// <summary>A list that took this long was mostly not worked on but hanging: no pause follows.</summary>
    private static readonly TimeSpan Hung = TimeSpan.FromSeconds(5);

    private readonly Lock gate = new();
    private Task last = Task.CompletedTask;
    private Task<VersList>? next;
    private Task rest = Task.CompletedTask;

    /// <summary>
    /// A list that begins after this call, so that it includes whatever was answered before. It fails for all callers that wait for
    /// it.
    /// </summary>
    public Task<VersList> Next(CancellationToken cancel)
    {
        lock (gate)
        {
            if (next is null)
                last = next = BeginAfter(last);
            return next.WaitAsync(cancel);
        }
    }

    private async Task<VersList> BeginAfter(Task before)
    {
        await before.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ForceYielding);
        await rest;
        lock (gate)
            next = null;
        var began = clock.GetTimestamp();
        try
        {
            // The cancellation of one caller must not cancel the list for the others.
            return new(await api.List(CancellationToken.None));
        }
        finally
        {
            var took = clock.GetElapsedTime(began);
            rest = took < Hung ? Task.Delay(RestsFor * took < LongestRest ? RestsFor * took : LongestRest, clock) : Task.CompletedTask;
        }
    }
}

/// <summary>The account's VMs as one list reported them, indexed for the lookups of many guests.</summary>
internal sealed class VersList(IReadOnlyList<VersVm> vms)
{
    private readonly ILookup<string?, VersVm> byGuest = vms.ToLookup(vm => vm.Guest);

    /// <summary>Ids are UUIDs; a person may write one in capitals.</summary>
    private readonly ILookup<string, VersVm> byId = vms.ToLookup(vm => vm.VmId, StringComparer.OrdinalIgnoreCase);

    public IReadOnlyList<VersVm> Vms => vms;

    public IReadOnlyList<VersVm> ClaimedBy(GuestId guest, string installation) =>
        [.. byGuest[guest.Value].Where(vm => vm.IsClaimedBy(guest, installation))];

    public VersVm? Find(string vmId) => byId[vmId].FirstOrDefault();
}
