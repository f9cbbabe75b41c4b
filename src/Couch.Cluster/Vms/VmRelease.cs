using Couch.Domain.Guests;
using Couch.Domain.Vms;

namespace Couch.Cluster.Vms;

/// <summary>How all that is a guest's is destroyed, at any VM host.</summary>
internal static class VmRelease
{
    /// <summary>How often what is left is destroyed before somebody is told that it stays. One is enough but for VMs that come meanwhile.</summary>
    private const int Rounds = 3;

    /// <summary>
    /// Destroys the guest's own VM at once, where it is known: nothing is asked before. Then asks what is left, and destroys
    /// that, until the host says that there is nothing.
    /// </summary>
    /// <param name="places">Held for each destroy and for nothing else, so that a question that hangs never holds up a kill.</param>
    /// <returns>Once the provider has confirmed that none is left.</returns>
    /// <exception cref="VmHostException">Some may be left.</exception>
    public static async Task Release(
        this IVmHost host, GuestId guest, string installation, VmStep.Release what, SemaphoreSlim places, CancellationToken cancel = default)
    {
        if (what.Own is { } own)
            await Destroy(own);
        IReadOnlyCollection<string> left = [];
        for (var round = 0; round <= Rounds; round++)
        {
            await Task.WhenAll(left.Select(Destroy));
            left = await host.FindLeft(guest, installation, what.Given, cancel);
            if (left.Count is 0)
                return;
        }

        throw new VmHostException($"VM {left.First()} of guest {guest} is still there after it was destroyed {Rounds} times");

        Task Destroy(string vmId) => places.Pass(() => host.Destroy(vmId, cancel), cancel);
    }
}
