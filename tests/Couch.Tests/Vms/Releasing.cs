using Couch.Cluster.Vms;
using Couch.Domain.Guests;
using Couch.Domain.Vms;

namespace Couch.Tests.Vms;

internal static class Releasing
{
    /// <summary>Releases whatever is the guest's, as for one whose own VM is not known.</summary>
    /// <param name="given">Given by hand by somebody who may have it destroyed, unless told otherwise.</param>
    public static Task<VmReport.Gone> Release(
        this IVmProvider host, GuestId guest, string installation, string? given, CancellationToken cancel,
        GivenVmFate fate = GivenVmFate.Destroyed) =>
        host.Release(guest, installation, new VmStep.Release(Own: null, given is null ? null : new(given, fate)),
            vmId => host.Destroy(vmId, cancel), cancel);
}
