using System.Diagnostics;
using Couch.Cluster.Vms;
using Couch.Domain.Guests;
using Couch.Domain.Vms;

namespace Couch.Cluster.Telemetry;

/// <summary>The configured VM host, with each of its calls timed and counted, so that no caller can forget to.</summary>
internal sealed class MeteredVmHost(IVmHost host, CouchMeter meter, TimeProvider clock) : IVmHost
{
    public string Name => host.Name;

    public bool IsDedicated => host.IsDedicated;

    public bool IsMetering => host.IsMetering;

    public bool IsExact => host.IsExact;

    public string? Isolation => host.Isolation;

    public IInstallationMark? Mark => host.Mark;

    public Task<VmHostProblem?> Check(CancellationToken cancel) => Watched("check", null, () => host.Check(cancel));

    public Task<EnsuredVm?> Find(VmOrder order, CancellationToken cancel) => Watched("find", order.Guest, () => host.Find(order, cancel));

    public Task<EnsuredVm> Ensure(VmOrder order, CancellationToken cancel) => Watched("ensure", order.Guest, () => host.Ensure(order, cancel));

    // A look and a measurement come many a second: counted, and not worth a span.
    public Task<VmSight> Observe(string vmId, CancellationToken cancel) => Timed("observe", null, () => host.Observe(vmId, cancel));

    public Task<string?> WhyEnded(string vmId, CancellationToken cancel) => Timed("observe", null, () => host.WhyEnded(vmId, cancel));

    public Task Furnish(VmOrder order, string vmId, CancellationToken cancel) =>
        Watched("furnish", order.Guest, () => Nothing(host.Furnish(order, vmId, cancel)));

    public Task<VmsLeft> FindLeft(GuestId guest, string installation, GivenVm? given, CancellationToken cancel) =>
        Watched("find-left", guest, () => host.FindLeft(guest, installation, given, cancel));

    public Task Destroy(string vmId, CancellationToken cancel) => Watched("destroy", null, () => Nothing(host.Destroy(vmId, cancel)));

    public Task<IReadOnlyList<ListedVm>> List(CancellationToken cancel) => Watched("list", null, () => host.List(cancel));

    public Task<UsageReport?> Measure(string vmId, CancellationToken cancel) => Timed("measure", null, () => host.Measure(vmId, cancel));

    private async Task<T> Watched<T>(string call, GuestId? guest, Func<Task<T>> ask)
    {
        using var span = CouchTraces.Source.StartActivity($"vm {call}", ActivityKind.Client);
        span?.SetTag("couch.vm.host", Name);
        if (guest is { } known)
            span?.SetTag("couch.guest.id", known.Value);
        return await Timed(call, span, ask);
    }

    private async Task<T> Timed<T>(string call, Activity? span, Func<Task<T>> ask)
    {
        var began = clock.GetTimestamp();
        // A caller that no longer wants to know has not failed, but it has no answer either.
        var outcome = "cancelled";
        try
        {
            var answer = await ask();
            outcome = "ok";
            return answer;
        }
        catch (Exception failure) when (failure is not OperationCanceledException)
        {
            outcome = failure is VmHostException { IsFinal: true } ? "refused" : "failed";
            span?.SetStatus(ActivityStatusCode.Error);
            throw;
        }
        finally
        {
            meter.Called(Name, call, outcome, clock.GetElapsedTime(began));
        }
    }

    private static async Task<bool> Nothing(Task task)
    {
        await task;
        return true;
    }
}
