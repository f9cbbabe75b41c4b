using Couch.Domain.Guests;
using Couch.Domain.Invites;
using Couch.Domain.Keys;
using Couch.Domain.Values;
using Couch.Domain.Vms;
using Couch.Tests.Support;
using Couch.Tests.Vms;
using Xunit;

namespace Couch.Tests.Cluster;

/// <summary>Another silo, faulty or worse, calls grains with what no door would let through.</summary>
public abstract class HostileSiloTests(VersCouch couch)
{
    private static readonly string Endless = new('x', 10_000_000);
    private static readonly Actor Nobody = new() { Name = "a\0b" };

    [Fact]
    public async Task A_guest_that_is_told_what_cannot_be_refuses_it_and_can_still_be_killed()
    {
        var guest = (await couch.AGuest()).Id;
        var grain = couch.Guest(guest);
        var before = (await grain.Get())!.ExpiresAt;
        foreach (var hours in new[] { double.NaN, double.PositiveInfinity, -1, -720, 1e308 })
            await Refused(() => grain.Extend(hours));
        foreach (var (vmId, endpoint) in new[] { (Endless, "http://vm"), ("vm", Endless), ("a\0b", "http://vm"), ("vm", "http://vm\n"),
            (null!, "http://vm"), ("vm", " ") })
            await Refused(() => grain.Activate(vmId, endpoint));
        await Refused(() => grain.Activate("vm", "http://vm", Nobody));
        await Refused(() => grain.Extend(1, Nobody));
        await Refused(() => grain.Kill(Nobody));
        await Refused(() => grain.Observe(new VmReport.Made(1, Endless, "http://vm")));
        await Refused(() => grain.Observe(new VmReport.Made(1, "vm", "no address")));
        Assert.Equal(before, (await grain.Get())!.ExpiresAt);

        await IsKilled(guest);
    }

    [Fact]
    public async Task Whatever_usage_is_reported_a_guest_is_killed_and_its_vm_destroyed()
    {
        var guest = (await couch.AGuest(enforcement: Enforcement.Report)).Id;
        await couch.IsRunning(guest);
        foreach (var number in new[] { double.NaN, double.PositiveInfinity, double.NegativeInfinity, -1,
            1L << 60, double.MaxValue, double.Epsilon })
            Assert.IsType<UsageOutcome.Recorded>(await couch.Guest(guest).Report(
                new() { CpuSeconds = number, MemoryPeakMB = number, DiskUsedGB = number, NetworkEgressGB = number, UptimeSeconds = number,
                    TokensUsed = long.MinValue }));
        await couch.Guest(guest).Report(new() { TokensUsed = long.MaxValue, CpuSeconds = 7 });
        Assert.Equal((7, 0), ((await couch.Guest(guest).Get())!.ResourceUsage.CpuSeconds,
            (await couch.Guest(guest).Get())!.ResourceUsage.TokensUsed));

        await IsKilled(guest);
        Assert.Equal(7, (await couch.Row(guest))!.ResourceUsage.CpuSeconds);
    }

    /// <summary>PostgreSQL keeps neither a NUL nor half of a surrogate pair: such words, kept as they came, were written never.</summary>
    [Fact]
    public async Task A_providers_error_of_any_characters_is_kept_in_plain_words_and_the_guests_end_is_written()
    {
        var time = TimeSpan.FromSeconds(1);
        var isHeld = couch.Hold(Step.Named("create sent"), time);
        var guest = (await couch.AGuest()).Id;
        await isHeld();

        await couch.Guest(guest).Observe(
            new VmReport.Failed(1, "no \0 \ud800 \u202e VM: " + Endless, IsFinal: true) { RetryAfter = TimeSpan.MinValue });

        var row = (await couch.Row(guest))!;
        Assert.Equal((GuestStatus.Stopped, EndReason.ProvisioningFailed), (row.Status, row.EndReason));
        Assert.StartsWith("no   \ufffd   VM: xxx", row.EndDetail, StringComparison.Ordinal);
        Assert.Equal((1000, row.EndDetail), (row.EndDetail!.Length, row.Vm.LastError));
        couch.ProviderClock.Advance(time);
        await couch.HasReceipt(guest);
    }

    [Fact]
    public async Task An_invite_that_cannot_be_is_not_made()
    {
        var command = Some.CreateInvite(couch.Clock.GetUtcNow());
        var limits = ResourceLimits.Default;
        foreach (var wrong in new[]
        {
            command with { ResourceLimits = limits with { MaxCpuCores = double.NaN } },
            command with { ResourceLimits = limits with { MaxCpuCores = 1025 } },
            command with { ResourceLimits = limits with { MaxMemoryMB = -1 } },
            command with { ResourceLimits = limits with { MaxDiskGB = 0 } },
            command with { ResourceLimits = limits with { MaxDurationHours = 1e9 } },
            command with { ResourceLimits = null! },
            command with { Permissions = null! },
            command with { ExpiresInHours = double.NaN },
            command with { ExpiresInHours = 1e308 },
            command with { CreatedBy = Endless },
            command with { Label = "a\0b" },
            command with { Label = null! },
            command with { Enforcement = (Enforcement)9 },
            command with { By = Nobody },
        })
            await Refused(() => couch.Invite(command.Id).Create(wrong));
        await Refused(() => couch.Invite(command.Id).Create(Some.CreateInvite(couch.Clock.GetUtcNow())));
        Assert.Null(await couch.Invite(command.Id).Get());
        Assert.Equal(command.Id, (await couch.Invite(command.Id).Create(command)).Id);
    }

    [Fact]
    public async Task A_redeem_that_cannot_be_spends_nothing()
    {
        var invite = await couch.AnInvite();
        foreach (var wrong in new[]
        {
            Some.Redeem(name: Endless), Some.Redeem(name: "a\0b"), Some.Redeem() with { PublicKey = Endless },
            Some.Redeem() with { PublicKey = "ssh-rsa AAAA\nssh-rsa BBBB" },
            Some.Redeem() with { Idempotency = new() { KeyHash = Endless, BodyHash = "x" } },
        })
            await Refused(() => couch.Invite(invite.Id).Redeem(wrong));
        await Refused(() => couch.Invite(invite.Id).Revoke(Nobody));
        await IsKilled(
            Assert.IsType<RedeemOutcome.Redeemed>(await couch.Invite(invite.Id).Redeem(Some.Redeem())).Invite.Redemption!.GuestId);
    }

    [Fact]
    public async Task A_guest_arrives_under_its_own_id_alone()
    {
        var (guest, other) = (Guest.Arriving(Some.Redeemed(Some.Invite(couch.Clock.GetUtcNow()), couch.Clock.GetUtcNow())), Some.Guest());
        await Refused(() => couch.Guest(other.Id).Arrive(guest));
        await Refused(() => couch.Guest(guest.Id).Arrive(guest with { Status = GuestStatus.Running, VmId = "payroll-db",
            AgentEndpoint = "http://vm" }));
        Assert.Null(await couch.Guest(other.Id).Get());
        Assert.Null(await couch.Guest(guest.Id).Get());
        var admission = Admission.Of(Some.Redeemed(Some.Invite(couch.Clock.GetUtcNow()), couch.Clock.GetUtcNow()));
        foreach (var wrong in new[]
        {
            admission with { GuestName = Endless }, admission with { GuestName = "a\0b" }, admission with { InviteId = default },
            admission with { PublicKey = Endless },
            admission with { ResourceLimits = null! },
            admission with { ResourceLimits = admission.ResourceLimits with { MaxDurationHours = double.NaN } },
            admission with { Permissions = null! }, admission with { Enforcement = (Enforcement)9 },
        })
            await Refused(() => couch.Guest(guest.Id).Admit(wrong));
        Assert.Null(await couch.Guest(guest.Id).Get());
        Assert.True(await couch.Guest(guest.Id).Arrive(guest));
        await IsKilled(guest.Id);
    }

    [Fact]
    public async Task A_host_key_is_kept_under_its_own_id_and_with_a_name_alone()
    {
        var key = new HostKey { Id = HostKeyId.New(couch.Clock.GetUtcNow(),
            Some.Random), Name = "meter", Scopes = new() { Meter = true }, CreatedWith = Actor.Configured };
        await Refused(() => couch.HostKey(HostKeyId.New(couch.Clock.GetUtcNow(), Some.Random)).Create(key));
        await Refused(() => couch.HostKey(key.Id).Create(key with { Name = Endless }));
        await Refused(() => couch.HostKey(key.Id).Create(key with { Scopes = null! }));
        Assert.Equal(key, await couch.HostKey(key.Id).Create(key));
        await Refused(() => couch.HostKey(key.Id).Revoke(Nobody));
        Assert.NotNull((await couch.HostKey(key.Id).Revoke(Actor.Configured))!.RevokedAt);
    }

    private async Task IsKilled(GuestId guest)
    {
        Assert.IsType<EndOutcome.Ended>(await couch.Guest(guest).Kill());
        await couch.HasReceipt(guest);
        Assert.Empty(couch.ClaimedBy(guest));
    }

    private static Task<OutOfBoundsException> Refused(Func<Task> call) => Assert.ThrowsAsync<OutOfBoundsException>(call);
}

public sealed class HostileSiloOnSqlite(VersCouchOnSqlite couch) : HostileSiloTests(couch), IClassFixture<VersCouchOnSqlite>;

public sealed class HostileSiloOnPostgres(VersCouchOnPostgres couch) : HostileSiloTests(couch), IClassFixture<VersCouchOnPostgres>;
