using Couch.Cluster.Vms;
using Couch.Domain.Guests;
using Couch.Tests.Support;
using Xunit;

namespace Couch.Tests.Vms;

/// <summary>What goes wrong at a provider, with every call until it ends.</summary>
public enum Trouble
{
    /// <summary>It says that we may not.</summary>
    Refusing,

    /// <summary>It says that it cannot.</summary>
    Failing,

    /// <summary>It says that we ask too often.</summary>
    Throttling,

    /// <summary>It says nothing.</summary>
    Hanging,

    /// <summary>It is not there.</summary>
    Down,
}

/// <summary>What every VM provider does, whatever its provider.</summary>
public abstract class VmProviderTests
{
    protected const string Installation = "this-couch";
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(30);

    protected static CancellationToken Cancel => TestContext.Current.CancellationToken;

    /// <summary>A host whose provider is well.</summary>
    protected abstract IVmProvider Host { get; }

    /// <summary>The provider does the next create, and its answer gets lost.</summary>
    protected abstract void LoseReplyOfNextCreate();

    /// <summary>A host whose provider is in trouble; its patience is short where the trouble is silence.</summary>
    protected abstract IVmProvider HostIn(Trouble trouble);

    /// <summary>Every kind of trouble the provider can be in.</summary>
    public static TheoryData<Trouble> Troubles => [.. Enum.GetValues<Trouble>()];

    [Fact]
    public async Task Ensuring_twice_gives_one_vm()
    {
        var guest = SomeGuest();

        var first = await Host.Ensure(Order(guest), Cancel);
        var second = await Host.Ensure(Order(guest, mayExist: true), Cancel);

        Assert.Equal(first, second);
        Assert.Equal([first.VmId], await ClaimedBy(guest));
    }

    [Fact]
    public async Task After_a_creates_lost_reply_the_guest_gets_one_claimed_vm()
    {
        var guest = SomeGuest();
        LoseReplyOfNextCreate();

        await Assert.ThrowsAsync<VmProviderException>(() => Host.Ensure(Order(guest), Cancel));
        var vm = await Host.Ensure(Order(guest, mayExist: true), Cancel);

        Assert.Equal([vm.VmId], await ClaimedBy(guest));
    }

    [Fact]
    public async Task A_vm_becomes_ready_and_is_furnished_and_then_missing_once_released()
    {
        var guest = SomeGuest();
        var vm = await Host.Ensure(Order(guest), Cancel);
        await Until.True(async () => await Host.Observe(vm.VmId, Cancel) is VmSight.Ready, Bound, "the VM is ready");

        await Host.Configure(Order(guest), vm.VmId, Cancel);
        await Host.Configure(Order(guest), vm.VmId, Cancel);
        await Host.Release(guest, Installation, vm.VmId, Cancel);

        Assert.Equal(VmSight.Missing, await Host.Observe(vm.VmId, Cancel));
        Assert.Empty(await ClaimedBy(guest));
    }

    [Fact]
    public async Task Releasing_twice_is_success()
    {
        var guest = SomeGuest();
        var vm = await Host.Ensure(Order(guest), Cancel);

        await Host.Release(guest, Installation, vm.VmId, Cancel);
        await Host.Release(guest, Installation, vm.VmId, Cancel);
        await Host.Release(guest, Installation, null, Cancel);

        Assert.Empty(await ClaimedBy(guest));
    }

    [Fact]
    public async Task A_release_during_a_create_leaves_nothing_once_the_creates_result_is_released()
    {
        var guest = SomeGuest();

        var creating = Host.Ensure(Order(guest), Cancel);
        await Host.Release(guest, Installation, null, Cancel);
        var late = await creating;
        await Host.Release(guest, Installation, late.VmId, Cancel);

        Assert.Empty(await ClaimedBy(guest));
        Assert.Equal(VmSight.Missing, await Host.Observe(late.VmId, Cancel));
    }

    [Fact]
    public async Task A_list_gives_back_every_claim()
    {
        var guests = new[] { SomeGuest(), SomeGuest(), SomeGuest() };
        var made = new Dictionary<string, string>();
        foreach (var guest in guests)
            made[(await Host.Ensure(Order(guest), Cancel)).VmId] = guest.Value;

        var listed = (await Host.List(Cancel)).Where(vm => made.ContainsKey(vm.VmId)).ToList();

        Assert.Equal(made, listed.ToDictionary(vm => vm.VmId, vm => vm.Guest!));
        Assert.All(listed, vm => Assert.Equal(Installation, vm.Installation));
        foreach (var guest in guests)
            await Host.Release(guest, Installation, null, Cancel);
    }

    [Fact]
    public async Task An_id_that_the_provider_never_gave_is_missing_and_released_at_once()
    {
        foreach (var id in new[] { "3f8a4b52-0d5e-4d0f-9d0b-7d0d6f6f3c11", "my-own-machine", "..", "../vms", "a b?c#d", "" })
        {
            Assert.Equal(VmSight.Missing, await Host.Observe(id, Cancel));
            await Host.Release(SomeGuest(), Installation, id, Cancel);
        }
    }

    [Theory]
    [MemberData(nameof(Troubles))]
    public async Task A_provider_in_trouble_ends_every_call_within_its_bound_with_a_sentence(Trouble trouble)
    {
        var host = HostIn(trouble);
        var (guest, id) = (SomeGuest(), "3f8a4b52-0d5e-4d0f-9d0b-7d0d6f6f3c11");
        foreach (var call in new Func<Task>[]
                 {
                     () => host.Ensure(Order(guest), Cancel),
                     () => host.Ensure(Order(guest, mayExist: true), Cancel),
                     () => host.Observe(id, Cancel),
                     () => host.Release(guest, Installation, id, Cancel),
                     () => host.List(Cancel),
                 })
        {
            var failure = await Assert.ThrowsAsync<VmProviderException>(() => call().WaitAsync(Bound, Cancel));
            Assert.Matches("^[A-Z].+ .+", failure.Message);
            Assert.Equal(trouble is Trouble.Refusing, failure.IsFinal);
        }

        var problem = await host.Check(Cancel).WaitAsync(Bound, Cancel);
        Assert.Matches("^[A-Z].+ .+", problem?.Sentence);
        Assert.Equal(trouble is Trouble.Refusing, problem!.IsFinal);
    }

    [Fact]
    public async Task A_provider_that_is_well_passes_the_check() => Assert.Null(await Host.Check(Cancel));

    protected static GuestId SomeGuest() => GuestId.New(Some.Time, Some.Random);

    protected static VmOrder Order(GuestId guest, bool mayExist = false, string? publicKey = null, double diskGB = 1,
        string installation = Installation) => new()
    {
        Guest = guest,
        Installation = installation,
        MayExist = mayExist,
        Limits = ResourceLimits.Default with { MaxDiskGB = diskGB },
        Permissions = Permissions.Default,
        PublicKey = publicKey,
    };

    protected async Task<IEnumerable<string>> ClaimedBy(GuestId guest) =>
        (await Host.List(Cancel)).Where(vm => vm.Guest == guest.Value).Select(vm => vm.VmId);
}
