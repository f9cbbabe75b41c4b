using System.Collections.Concurrent;
using System.Globalization;
using Couch.Domain.Guests;
using Couch.Domain.Vms;

namespace Couch.Cluster.Vms.Demo;

/// <summary>
/// Pretends to make VMs, so that a couch can be tried with nothing else installed. A VM boots for two seconds and uses a little of
/// everything as time goes by. Nothing answers at its endpoint.
/// </summary>
internal sealed class DemoProvider(VmRows rows, Installation installation, TimeProvider clock) : IVmProvider
{
    private static readonly TimeSpan Boot = TimeSpan.FromSeconds(2);

    private readonly Lock remembering = new();
    private Task<ConcurrentDictionary<string, DemoVm>>? remembered;

    public string Name => "demo";

    public bool IsDedicated => true;

    public bool MeasuresUsage => true;

    public bool IsExact => true;

    /// <summary>A real VM is never said to be destroyed: a folder that has guests of a real provider is refused.</summary>
    public async Task<VmProviderProblem?> Check(CancellationToken cancel) =>
        (await rows.OpenVms(cancel)).FirstOrDefault(guest => guest.Vm.Host is { } host && host != Name) is { } other
            ? new($"The data has guests whose VMs are from {other.Vm.Host}, such as {other.Id}, and a demo could not destroy them: "
                + "give the demo a data folder of its own (COUCH_DATA_DIR)", IsFinal: true)
            : null;

    public async Task<EnsuredVm?> Find(VmOrder order, CancellationToken cancel)
    {
        var vms = await Vms();
        foreach (var condemned in order.Condemned)
            vms.TryRemove(condemned, out _);
        return Of(vms, order.Guest).Order(StringComparer.Ordinal).FirstOrDefault() is { } id ? Ensured(id) : null;
    }

    public async Task<EnsuredVm> Ensure(VmOrder order, CancellationToken cancel)
    {
        if (await Find(order, cancel) is { } existing)
            return existing;

        await order.MustStand(cancel);
        var now = clock.GetUtcNow();
        var id = string.Create(CultureInfo.InvariantCulture, $"demo-{order.Guest}-{now.ToUnixTimeMilliseconds()}");
        (await Vms())[id] = new(id, order.Guest.Value, order.Installation, now);
        return Ensured(id);
    }

    public async Task<VmSight> Observe(string vmId, CancellationToken cancel) =>
        !(await Vms()).TryGetValue(vmId, out var vm) ? VmSight.Missing : Age(vm) < Boot ? VmSight.Booting : VmSight.Ready;

    public async Task<VmsLeft> FindLeft(GuestId guest, string installation, GivenVm? given, CancellationToken cancel) =>
        new([.. Of(await Vms(), guest)], SparesGiven: given is not null);

    public async Task Destroy(string vmId, CancellationToken cancel) => (await Vms()).TryRemove(vmId, out _);

    public async Task<IReadOnlyList<ListedVm>> List(CancellationToken cancel) =>
        [.. (await Vms()).Values.Select(vm => new ListedVm(vm.Id, vm.Guest, vm.Installation, vm.MadeAt) { IsLabelled = true })];

    public async Task<UsageReport?> Measure(string vmId, CancellationToken cancel)
    {
        if (!(await Vms()).TryGetValue(vmId, out var vm))
            throw new VmProviderException($"There is no VM {vmId}");
        var seconds = Age(vm).TotalSeconds;
        return new()
        {
            CpuSeconds = Math.Round(seconds / 4, 3),
            MemoryPeakMB = Math.Round(Math.Min(200 + seconds, 1000), 1),
            DiskUsedGB = Math.Round(Math.Min(1 + (seconds / 600), 5), 3),
            NetworkEgressGB = Math.Round(seconds / 3600, 4),
            TokensUsed = (long)(seconds * 1000),
            UptimeSeconds = Math.Round(seconds, 3),
        };
    }

    /// <summary>
    /// The VMs there are. At first they are those that guests' rows name: they are pretended to have outlived the last process.
    /// </summary>
    private Task<ConcurrentDictionary<string, DemoVm>> Vms()
    {
        lock (remembering)
        {
            if (remembered is null or { IsFaulted: true })
                remembered = Remember();
            return remembered;
        }
    }

    private async Task<ConcurrentDictionary<string, DemoVm>> Remember()
    {
        var known = (await rows.OpenVms(CancellationToken.None)).Where(guest => guest.Vm.Host == Name && guest.Vm.Id is not null);
        return new(known.Select(guest => KeyValuePair.Create(
            guest.Vm.Id!, new DemoVm(guest.Vm.Id!, guest.Id.Value, installation.Id, guest.Id.CreatedAt))));
    }

    private static EnsuredVm Ensured(string id) => new(id, $"https://{id.ToLowerInvariant()}.demo.invalid");

    private TimeSpan Age(DemoVm vm) => clock.GetUtcNow() - vm.MadeAt;

    private static IEnumerable<string> Of(ConcurrentDictionary<string, DemoVm> vms, GuestId guest) =>
        vms.Values.Where(vm => vm.Guest == guest.Value).Select(vm => vm.Id);

    private sealed record DemoVm(string Id, string Guest, string Installation, DateTimeOffset MadeAt);
}
