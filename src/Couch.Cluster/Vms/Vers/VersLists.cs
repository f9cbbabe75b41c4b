using Couch.Domain.Guests;

namespace Couch.Cluster.Vms.Vers;

/// <summary>
/// The account's list, asked for once at a time however many want it. A list is long where guests are many, and many
/// want one at the same moment: each is given the next one to begin, together with all who have come by then.
/// </summary>
internal sealed class VersLists(VersApi api)
{
    private readonly Lock gate = new();
    private Task last = Task.CompletedTask;
    private Task<VersList>? next;

    /// <summary>A list that begins after this call, so that it tells whatever was answered before. It fails for all who wait for it.</summary>
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
        lock (gate)
            next = null;
        // One who no longer wants it must not take it from the others.
        return new(await api.List(CancellationToken.None));
    }
}

/// <summary>The account's VMs as one list told them, to be looked up by as many guests as there are.</summary>
internal sealed class VersList(IReadOnlyList<VersVm> vms)
{
    private readonly ILookup<string?, VersVm> byGuest = vms.ToLookup(vm => vm.Guest);

    /// <summary>Ids are UUIDs; a person may spell one in capitals.</summary>
    private readonly ILookup<string, VersVm> byId = vms.ToLookup(vm => vm.VmId, StringComparer.OrdinalIgnoreCase);

    public IReadOnlyList<VersVm> Vms => vms;

    public IReadOnlyList<VersVm> ClaimedBy(GuestId guest, string installation) =>
        [.. byGuest[guest.Value].Where(vm => vm.IsClaimedBy(guest, installation))];

    public VersVm? Find(string vmId) => byId[vmId].FirstOrDefault();
}
