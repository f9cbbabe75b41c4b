using Couch.Cluster.Vms;
using Couch.Domain.Vms;
using Couch.Tests.Support;
using Couch.VersSimulator.Calls;
using Couch.VersSimulator.Faults;
using Xunit;
using VmState = Couch.VersSimulator.Vms.VmState;

namespace Couch.Tests.Vms;

/// <summary>Guests' VMs from Vers: whose they are, how they are seen, what is put into them.</summary>
public sealed class VersProviderTests : VmProviderTests, IAsyncLifetime
{
    private const string Key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGuest guest@example";
    private const string KeyFile = "/root/.ssh/authorized_keys";
    private VersAtHand at = null!;

    protected override IVmProvider Host => at.Host;

    public async ValueTask InitializeAsync() => at = await VersAtHand.Start();

    public ValueTask DisposeAsync() => at.DisposeAsync();

    protected override void LoseReplyOfNextCreate() => at.Vers.Faults.Next(Call.Create, new Effect.LoseReply());

    protected override IVmProvider HostIn(Trouble trouble)
    {
        at.Vers.Faults.Always(Call.Any, trouble switch
        {
            Trouble.Refusing => new Effect.Answer(403),
            Trouble.Failing => new Effect.Answer(503),
            Trouble.Throttling => Effect.TooMany(TimeSpan.FromHours(1)),
            Trouble.Hanging => new Effect.Hang(),
            _ => new Effect.Drop(),
        });
        var patience = TimeSpan.FromSeconds(trouble is Trouble.Hanging ? 0.2 : 20);
        return at.HostWith(options => options with { CreateBound = patience, DestroyBound = patience, CallBound = patience });
    }

    [Fact]
    public async Task A_vm_is_reached_at_the_endpoint_of_its_id()
    {
        var host = at.HostWith(options => options with { Endpoint = "http://{vm_id}.vms.example:8080/agent" });

        var vm = await host.Ensure(Order(SomeGuest()), Cancel);

        Assert.Equal($"http://{vm.VmId}.vms.example:8080/agent", vm.Endpoint);
    }

    [Fact]
    public async Task An_unclaimed_vm_is_never_adopted_and_never_released()
    {
        var guest = SomeGuest();
        var unclaimed = await at.Api.Create(Cancel);

        var vm = await Host.Ensure(Order(guest, mayExist: true), Cancel);
        await Host.Release(guest, Installation, vm.VmId, Cancel);

        Assert.NotEqual(unclaimed, vm.VmId);
        Assert.Equal([unclaimed], at.Vers.Vms.Left.Select(left => left.Id.ToString()));
    }

    [Fact]
    public async Task Whether_the_order_stands_is_asked_as_each_try_of_a_claim_is_sent_and_where_not_none_is()
    {
        at.Vers.Faults.Next(Call.Label, new Effect.Answer(503));
        var asked = 0;
        // Before the create, and before the first try of the claim.
        var order = Order(SomeGuest()) with { MustStand = _ => ++asked <= 2 ? Task.CompletedTask : throw VmProviderException.Overtaken };

        var refusal = await Assert.ThrowsAsync<VmProviderException>(() => Host.Ensure(order, Cancel));

        Assert.Contains("was destroyed again", refusal.Message, StringComparison.Ordinal);
        Assert.Equal((3, 1), (asked, at.Vers.Journal.Count(Call.Label)));
        Assert.Empty(at.Vers.Vms.Left);
    }

    [Fact]
    public async Task Another_installations_vm_is_left_alone_even_where_it_claims_the_same_guest()
    {
        var guest = SomeGuest();
        var theirs = await Host.Ensure(Order(guest, installation: "another-couch"), Cancel);

        var ours = await Host.Ensure(Order(guest, mayExist: true), Cancel);
        await Host.Release(guest, Installation, ours.VmId, Cancel);
        await Host.Release(guest, Installation, theirs.VmId, Cancel);

        Assert.NotEqual(theirs.VmId, ours.VmId);
        Assert.Equal([theirs.VmId], at.Vers.Vms.Left.Select(left => left.Id.ToString()));
    }

    [Fact]
    public async Task A_vm_given_by_hand_is_released_with_the_guests_own_but_another_guests_is_not()
    {
        var (guest, other) = (SomeGuest(), SomeGuest());
        await Host.Ensure(Order(guest), Cancel);
        var others = await Host.Ensure(Order(other), Cancel);
        var unclaimed = await at.Api.Create(Cancel);

        Assert.True((await Host.Release(guest, Installation, others.VmId, Cancel)).LeavesGiven);
        Assert.False((await Host.Release(guest, Installation, unclaimed.ToUpperInvariant(), Cancel)).LeavesGiven);

        Assert.Equal([others.VmId], at.Vers.Vms.Left.Select(left => left.Id.ToString()));
    }

    [Fact]
    public async Task A_vm_given_by_hand_without_the_right_to_destroy_it_is_destroyed_only_where_it_carries_the_guests_claim()
    {
        var (guest, other) = (SomeGuest(), SomeGuest());
        var own = await Host.Ensure(Order(guest), Cancel);
        var others = await Host.Ensure(Order(other), Cancel);
        var elsewhere = await Host.Ensure(Order(guest, installation: "another-couch"), Cancel);
        var unclaimed = await at.Api.Create(Cancel);

        Assert.False((await Give(own.VmId)).LeavesGiven);
        foreach (var given in new[] { others.VmId, elsewhere.VmId, unclaimed, "payroll-db", "3f8a4b52-0d5e-4d0f-9d0b-7d0d6f6f3c11" })
            Assert.True((await Give(given)).LeavesGiven, given);

        Assert.Equal(new[] { others.VmId, elsewhere.VmId, unclaimed }.Order(), at.Vers.Vms.Left.Select(left => left.Id.ToString()).Order());

        Task<VmReport.Gone> Give(string given) => Host.Release(guest, Installation, given, Cancel, GivenVmFate.LeftUnlessClaimed);
    }

    [Theory]
    [InlineData("N")]
    [InlineData("B")]
    [InlineData("P")]
    [InlineData("X")]
    public async Task A_given_id_that_is_no_uuid_in_its_canonical_form_is_no_vms_id(string format)
    {
        var unclaimed = await at.Api.Create(Cancel);

        Assert.True((await Host.Release(SomeGuest(), Installation, Guid.Parse(unclaimed).ToString(format), Cancel)).LeavesGiven);

        Assert.Single(at.Vers.Vms.Left);
    }

    [Fact]
    public async Task While_its_guest_stays_a_given_vm_is_kept_though_it_carries_the_guests_claim()
    {
        var guest = SomeGuest();
        var given = await Host.Ensure(Order(guest), Cancel);
        var displaced = await Host.Ensure(Order(guest), Cancel);

        await Host.Release(guest, Installation, given.VmId, Cancel, GivenVmFate.Kept);

        Assert.Equal([given.VmId], at.Vers.Vms.Left.Select(left => left.Id.ToString()));
        Assert.NotEqual(given, displaced);
    }

    [Fact]
    public async Task An_id_given_by_hand_that_is_another_accounts_is_nothing_of_ours()
    {
        at.Vers.Faults.Next(Call.Status, new Effect.Answer(403));

        var released = await Host.Release(SomeGuest(), Installation, "3f8a4b52-0d5e-4d0f-9d0b-7d0d6f6f3c11", Cancel);

        Assert.True(released.LeavesGiven);
        Assert.Equal((1, 0), (at.Vers.Journal.Count(Call.Status), at.Vers.Journal.Count(Call.Destroy)));
    }

    [Fact]
    public async Task Of_two_vms_with_one_guests_claim_the_oldest_that_lives_is_kept()
    {
        var guest = SomeGuest();
        var vms = new List<EnsuredVm>();
        for (var i = 0; i < 3; i++)
            vms.Add(await Host.Ensure(Order(guest), Cancel));
        at.Vers.Vms.Kill(Guid.Parse(vms[0].VmId));

        Assert.Equal(vms[1], await Host.Ensure(Order(guest, mayExist: true), Cancel));
        Assert.Equal([vms[1].VmId], at.Vers.Vms.Left.Select(left => left.Id.ToString()));
    }

    [Fact]
    public async Task A_dead_vm_makes_room_for_another()
    {
        var guest = SomeGuest();
        var dead = await Host.Ensure(Order(guest), Cancel);
        at.Vers.Vms.Kill(Guid.Parse(dead.VmId));

        var vm = await Host.Ensure(Order(guest, mayExist: true), Cancel);

        Assert.NotEqual(dead, vm);
        Assert.Equal([vm.VmId], at.Vers.Vms.Left.Select(left => left.Id.ToString()));
    }

    [Theory]
    [InlineData(VmState.Booting, VmSight.Booting)]
    [InlineData(VmState.Running, VmSight.Ready)]
    [InlineData(VmState.Paused, VmSight.Booting)]
    [InlineData(VmState.Sleeping, VmSight.Booting)]
    [InlineData(VmState.Dead, VmSight.Dead)]
    public async Task A_vm_is_seen_in_its_state(VmState state, VmSight sight)
    {
        var vm = await Host.Ensure(Order(SomeGuest()), Cancel);
        at.Vers.Vms.Put(Guid.Parse(vm.VmId), state);

        Assert.Equal(sight, await Host.Observe(vm.VmId, Cancel));
    }

    [Fact]
    public async Task A_vm_that_vanished_is_missing()
    {
        var vm = await Host.Ensure(Order(SomeGuest()), Cancel);
        at.Vers.Vms.Vanish(Guid.Parse(vm.VmId));

        Assert.Equal(VmSight.Missing, await Host.Observe(vm.VmId, Cancel));
    }

    [Fact]
    public async Task A_vm_that_runs_is_not_ready_before_its_probe_says_so()
    {
        var answers = false;
        var host = at.HostWith(
            probe: (endpoint, _) => Task.FromResult(answers && endpoint.EndsWith(".vm.vers.sh", StringComparison.Ordinal)));
        var vm = await host.Ensure(Order(SomeGuest()), Cancel);

        Assert.Equal(VmSight.Booting, await host.Observe(vm.VmId, Cancel));
        answers = true;
        Assert.Equal(VmSight.Ready, await host.Observe(vm.VmId, Cancel));
    }

    [Theory]
    [InlineData("none", VmSight.Ready)]
    [InlineData("tcp", VmSight.Ready)]
    [InlineData("http:/faults", VmSight.Ready)]
    [InlineData("http:/nothing-here", VmSight.Booting)]
    public async Task The_configured_probe_asks_the_vms_endpoint(string probe, VmSight sight)
    {
        // What answers there is the simulator itself.
        var endpoint = at.Vers.Url.GetLeftPart(UriPartial.Authority) + "/?vm={vm_id}";
        var host = at.HostWith(options => options with { Endpoint = endpoint, Probe = Probe.Parse(probe)! });
        var vm = await host.Ensure(Order(SomeGuest()), Cancel);

        Assert.Equal(sight, await host.Observe(vm.VmId, Cancel));
    }

    [Fact]
    public async Task Ensuring_does_not_wait_for_the_boot()
    {
        await using var slow = await VersAtHand.Start(boot: TimeSpan.FromHours(1));

        var vm = await slow.Host.Ensure(Order(SomeGuest(), publicKey: Key, diskGB: 20), Cancel);

        Assert.Equal(VmSight.Booting, await slow.Host.Observe(vm.VmId, Cancel));
    }

    [Fact]
    public async Task Furnishing_grows_the_disk_and_a_disk_that_is_large_enough_stays()
    {
        var vm = await Host.Ensure(Order(SomeGuest()), Cancel);

        await Host.Configure(Order(SomeGuest(), diskGB: 20), vm.VmId, Cancel);
        Assert.Equal(20 * 1024, at.Look(vm.VmId).DiskMib);
        await Host.Configure(Order(SomeGuest(), diskGB: 0.5), vm.VmId, Cancel);
        Assert.Equal(20 * 1024, at.Look(vm.VmId).DiskMib);
    }

    [Fact]
    public async Task The_guests_key_is_added_once_to_those_that_are_there()
    {
        var vm = await Host.Ensure(Order(SomeGuest()), Cancel);

        await Host.Configure(Order(SomeGuest(), publicKey: Key), vm.VmId, Cancel);
        Assert.Equal($"{Key}\n", at.Look(vm.VmId).Files[KeyFile]);

        await at.Api.WriteFile(vm.VmId, KeyFile, "ssh-rsa AAAA golden"u8.ToArray(), 384, Cancel);
        await Host.Configure(Order(SomeGuest(), publicKey: Key), vm.VmId, Cancel);
        await Host.Configure(Order(SomeGuest(), publicKey: Key), vm.VmId, Cancel);
        Assert.Equal($"ssh-rsa AAAA golden\n{Key}\n", at.Look(vm.VmId).Files[KeyFile]);
    }

    [Fact]
    public async Task What_a_vm_uses_is_measured_where_that_is_asked_for()
    {
        var clock = new WatchedClock();
        await using var aged = await VersAtHand.Start(clock);
        var metered = aged.HostWith(options => options with { IsMetered = true });
        var vm = await metered.Ensure(Order(SomeGuest()), Cancel);
        aged.Vers.Vms.Use(Guid.Parse(vm.VmId), usage => usage with
        {
            CpuSeconds = 12.5, MemoryTotalKib = 4096 * 1024, MemoryUsedKib = 1536 * 1024, DiskUsedKib = 3 * 1024 * 1024,
            SentBytes = 1024 * 1024 * 1024,
        });
        clock.Advance(TimeSpan.FromMinutes(2));

        var usage = await metered.Measure(vm.VmId, Cancel);

        Assert.Equal(new() { CpuSeconds = 12.5, MemoryPeakMB = 1536, DiskUsedGB = 3, NetworkEgressGB = 1, UptimeSeconds = 120 }, usage);
        Assert.Null(await aged.Host.Measure(vm.VmId, Cancel));
        await Assert.ThrowsAsync<VmProviderException>(() => metered.Measure("my-own-machine", Cancel));
    }
}
