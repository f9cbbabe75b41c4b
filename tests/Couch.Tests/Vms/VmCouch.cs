using Couch.Cluster;
using Couch.Cluster.Vms;
using Couch.Cluster.Vms.Vers;
using Couch.Domain.Guests;
using Couch.Tests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace Couch.Tests.Vms;

/// <summary>A couch whose VMs come from a simulated account; both have the one clock that only a test moves.</summary>
internal sealed class VmCouch(Func<VersOptions, VersOptions>? vers, VmOptions vms) : TestCouch(new SqliteEngine()), IAsyncDisposable
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(20);
    private Installation installation = null!;
    private IVmProvider host = null!;

    public VersAtHand At { get; private set; } = null!;

    public static async Task<VmCouch> Start(Func<VersOptions, VersOptions>? vers = null, VmOptions? vms = null)
    {
        var couch = new VmCouch(vers, vms ?? new());
        await couch.InitializeAsync();
        return couch;
    }

    /// <summary>The ids of what is left at the provider.</summary>
    public IReadOnlyList<string> Left => [.. At.Vers.Vms.Left.Select(vm => vm.Id.ToString())];

    /// <summary>A guest with a VM of its own, whose readiness is old enough to be swept.</summary>
    public async Task<Guest> ARunningGuest()
    {
        var id = (await AGuest()).Id;
        await BecomesTrue(id, guest => guest.Status is GuestStatus.Running, "it runs");
        return (await Row(id))!;
    }

    /// <summary>A VM at the provider that no attempt of this couch's made.</summary>
    public async Task<string> AVm(GuestId? guest = null, string? mark = null)
    {
        var vm = await At.Api.Create(Cancel);
        if (guest is { } claimant)
            await At.Api.Label(vm, new Dictionary<string, string> { ["couch.guest"] = claimant.Value,
                ["couch.installation"] = mark ?? installation.Id }, Cancel);
        return vm;
    }

    public Task BecomesTrue(GuestId id, Func<Guest, bool> claim, string what) =>
        Until.True(async () => claim((await Row(id))!), Soon, what);

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        await At.DisposeAsync();
    }

    private protected override async Task PrepareVms()
    {
        At = await VersAtHand.Start(Clock);
        host = At.HostWith(vers);
        installation = new(Database, Clock, Some.Random);
        await installation.Load(Cancel);
    }

    private protected override void AddVms(IServiceCollection services)
    {
        services.AddSingleton(vms);
        services.AddVmDriver();
        services.AddSingleton(installation).AddSingleton(host).AddUncontestedLease();
    }
}
