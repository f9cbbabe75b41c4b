using Couch.Domain.Guests;
using Couch.Domain.Vms;
using Xunit;

namespace Couch.Tests.Vms;

/// <summary>Which row of a guest's may follow which.</summary>
internal static class Legal
{
    private static readonly Dictionary<VmState, VmState[]> After = new()
    {
        // The end of a guest that was given a VM by hand.
        [VmState.None] = [VmState.Destroying],
        [VmState.Requested] = [VmState.Booting, VmState.Destroying],
        [VmState.Booting] = [VmState.Requested, VmState.Ready, VmState.Destroying],
        [VmState.Ready] = [VmState.Destroying, VmState.Lost],
        // Given a VM by hand, a guest that stays has none of its own any more.
        [VmState.Destroying] = [VmState.Destroyed, VmState.Left, VmState.None],
        [VmState.Destroyed] = [],
        [VmState.Lost] = [],
        [VmState.Left] = [],
    };

    public static void Follows(Guest before, Guest after) => Assert.Null(WhyNot(before, after));

    /// <returns>What is wrong with it; null where nothing is.</returns>
    public static string? WhyNot(Guest before, Guest after)
    {
        var isLegal = (before.Status == after.Status || before.Status is GuestStatus.Provisioning
            || (before.Status, after.IsStaying) is (GuestStatus.Running, false))
            && (before.Vm.State == after.Vm.State || After[before.Vm.State].Contains(after.Vm.State))
            && (after.Vm.State is not VmState.None || after.IsStaying)
            && before.Vm.Attempts <= after.Vm.Attempts
            && before.ExpiresAt <= after.ExpiresAt
            && before.ResourceUsage.TokensUsed <= after.ResourceUsage.TokensUsed
            && (before.VmId is null || (before.VmId, before.AgentEndpoint) == (after.VmId, after.AgentEndpoint))
            && (after.Status is not GuestStatus.Running || after is { VmId: not null, AgentEndpoint: not null })
            && (before.IsStaying || (before.Status, before.EndReason, before.StoppedAt) == (after.Status, after.EndReason, after.StoppedAt))
            && (before.Vm.DestroyedAt is null || before.Vm == after.Vm);
        return isLegal ? null : $"{before}{Environment.NewLine}→ {after}";
    }
}
