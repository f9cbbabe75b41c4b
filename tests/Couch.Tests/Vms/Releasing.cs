using Couch.Cluster.Vms;
using Couch.Domain.Guests;
using Couch.Domain.Vms;

namespace Couch.Tests.Vms;

internal static class Releasing
{
    /// <summary>Releases whatever is the guest's, as for one whose own VM is not known.</summary>
    public static Task Release(this IVmHost host, GuestId guest, string installation, string? given, CancellationToken cancel) =>
        host.Release(guest, installation, new VmStep.Release(Own: null, given), vmId => host.Destroy(vmId, cancel), cancel);
}
