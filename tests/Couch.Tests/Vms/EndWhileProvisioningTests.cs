using Couch.Domain.Guests;
using Couch.Domain.Vms;
using Xunit;

namespace Couch.Tests.Vms;

/// <summary>A stay ends while its VM is still on the way: nothing of it is left, whatever was under way.</summary>
public abstract class EndWhileProvisioningTests(VersCouch couch)
{
    private static readonly TimeSpan Stay = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Held = TimeSpan.FromMinutes(10);

    public static MatrixTheoryData<string, GuestStatus> StepsAndEnds =>
        new(Step.Provisioning.Select(step => step.Name), [GuestStatus.Revoked, GuestStatus.Expired, GuestStatus.Stopped]);

    [Theory]
    [MemberData(nameof(StepsAndEnds))]
    public async Task An_end_at_any_step_is_seen_at_once_and_leaves_nothing(string step, GuestStatus end)
    {
        var isHeld = couch.Hold(Step.Named(step), Held);
        var guest = await couch.AGuest(
            ResourceLimits.Default with { MaxDurationHours = Stay.TotalHours }, publicKey: "ssh-ed25519 AAAA ada");
        await isHeld();

        await End(guest.Id, end);
        Assert.Equal(end, (await couch.Guest(guest.Id).Get())!.Status);
        couch.ProviderClock.Advance(Held);

        await couch.HasReceipt(guest.Id);
        Assert.Empty(couch.Vers.Vms.Left);
        Assert.InRange(couch.Vers.Vms.MostClaimedBy(guest.Id.Value), 0, 1);
        var row = (await couch.Row(guest.Id))!;
        Assert.Equal((end, VmState.Destroyed, (string?)null), (row.Status, row.Vm.State, row.AgentEndpoint));
    }

    private async Task End(GuestId guest, GuestStatus end)
    {
        if (end is GuestStatus.Revoked)
            Assert.IsType<EndOutcome.Ended>(await couch.Guest(guest).Kill());
        else if (end is GuestStatus.Stopped)
            Assert.IsType<EndOutcome.Ended>(await couch.Guest(guest).CheckOut());
        else
            couch.Clock.Advance(Stay);
    }
}

public sealed class EndWhileProvisioningOnSqlite(VersCouchOnSqlite couch)
    : EndWhileProvisioningTests(couch), IClassFixture<VersCouchOnSqlite>;

public sealed class EndWhileProvisioningOnPostgres(VersCouchOnPostgres couch)
    : EndWhileProvisioningTests(couch), IClassFixture<VersCouchOnPostgres>;
