using Couch.Domain.Guests;

namespace Couch.Cluster.Vms.Vers;

/// <summary>
/// The account's list, asked for once at a time however many want it. A list is long where guests are many, and many
/// want one at the same moment: each is given the next one to begin, together with all who have come by then. Between two
/// it rests for longer than one takes, so that ends by the hundred are destroys more than lists, here and at the provider.
/// </summary>
internal sealed class VersLists(VersApi api, TimeProvider clock)
{
    /// <summary>How many times as long as the last list took.</summary>
    private const int RestsFor = 2;

    /// <summary>A receipt waits for this too.</summary>
    private static readonly TimeSpan LongestRest = TimeSpan.FromSeconds(2);

    /// <summary>A list that took so long hung more than anybody worked on it: there is nothing to rest from.</summary>
    private static readonly TimeSpan Hung = TimeSpan.FromSeconds(5);

    private readonly Lock gate = new();
    private Task last = Task.CompletedTask;
    private Task<VersList>? next;
    private Task rest = Task.CompletedTask;

    /// <summary>
    /// A list that begins after this call, so that it tells whatever was answered before. It fails for all who wait for it.
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
            // One who no longer wants it must not take it from the others.
            return new(await api.List(CancellationToken.None));
        }
        finally
        {
            var took = clock.GetElapsedTime(began);
            rest = took < Hung ? Task.Delay(RestsFor * took < LongestRest ? RestsFor * took : LongestRest, clock) : Task.CompletedTask;
        }
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
