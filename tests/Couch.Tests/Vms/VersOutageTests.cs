using Couch.Domain.Guests;
using Couch.Domain.Vms;
using Xunit;

namespace Couch.Tests.Vms;

/// <summary>The provider is away for longer than a guest's whole life.</summary>
public sealed class VersOutageTests(VersCouchOnSqlite couch) : IClassFixture<VersCouchOnSqlite>
{
    private static readonly ResourceLimits OneHour = ResourceLimits.Default with { MaxDurationHours = 1 };

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_guest_ends_on_time_and_its_vm_when_the_provider_is_back_whatever_restarts_in_between(bool hadVm)
    {
        if (!hadVm)
            couch.Vers.Faults.Down();
        var guest = await couch.AGuest(OneHour);
        if (hadVm)
            await couch.IsRunning(guest.Id);
        couch.Vers.Faults.Down();

        await couch.Restart();
        await couch.AdvanceUntil(
            TimeSpan.FromHours(1.1), async () => (await couch.Row(guest.Id))! is { IsStaying: false, Vm.FailedReleases: > 0 });
        var ended = (await couch.Row(guest.Id))!;
        if (hadVm)
            Assert.Equal((GuestStatus.Expired, guest.ExpiresAt), (ended.Status, ended.StoppedAt));
        else
            Assert.Equal((GuestStatus.Stopped, EndReason.ProvisioningFailed), (ended.Status, ended.EndReason));

        await couch.Restart();
        couch.Clock.Advance(TimeSpan.FromDays(2));
        Assert.Equal(VmState.Destroying, (await couch.Row(guest.Id))!.Vm.State);
        couch.Vers.Faults.Heal();
        await couch.AdvanceUntil(TimeSpan.FromMinutes(3), async () => (await couch.Row(guest.Id))!.Vm.DestroyedAt is not null);
        Assert.Empty(couch.Vers.Vms.Left);
    }
}
