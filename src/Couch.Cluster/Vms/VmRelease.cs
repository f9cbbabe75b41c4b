using Couch.Domain.Guests;
using Couch.Domain.Vms;

namespace Couch.Cluster.Vms;

/// <summary>Destroys all that belongs to a guest, at any VM provider.</summary>
internal static class VmRelease
{
    /// <summary>
    /// How often VMs that are left are destroyed before they are reported as left. One round is enough unless VMs appear meanwhile.
    /// </summary>
    private const int Rounds = 3;

    /// <summary>
    /// Destroys the guest's own VMs at once when they are known, without a query first. Then asks what is left and destroys that,
    /// until the provider says that there is nothing.
    /// </summary>
    /// <param name="destroy">
    /// Destroys one VM at the provider, once there is a place for that. Nothing else here takes a place, so a query that hangs
    /// delays no kill.
    /// </param>
    /// <returns>
    /// Once the provider has confirmed that none is left; whether a VM given by hand stays, because this couch may not destroy it.
    /// </returns>
    /// <exception cref="VmProviderException">Some may be left.</exception>
    public static async Task<VmReport.Gone> Release(
        this IVmProvider provider, GuestId guest, string installation, VmStep.Release what, Func<string, Task> destroy,
        CancellationToken cancel = default)
    {
        await Task.WhenAll(what.Unasked.Select(destroy));
        var left = new VmsLeft([]);
        var destroyed = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        for (var round = 0; round <= Rounds; round++)
        {
            await Task.WhenAll(left.Ours.Select(destroy));
            destroyed.UnionWith(left.Ours);
            left = await provider.FindLeft(guest, installation, what.Given, cancel);
            // A VM that was destroyed for its claim is no longer listed, but it was not spared.
            if (left.Ours.Count is 0)
                return new() { Own = what.Own, Given = what.Given, LeavesGiven = left.SparesGiven
                    && !destroyed.Contains(what.Given!.Id), HasDestroyed = destroyed.Count > 0 };
        }

        throw new VmProviderException($"VM {left.Ours.First()} of guest {guest} is still there after it was destroyed {Rounds} times");
    }
}
