using System.Diagnostics;
using Couch.Cluster.Telemetry;
using Couch.Domain.Guests;
using Couch.Domain.Vms;

namespace Couch.Cluster.Vms;

/// <summary>
/// The configured VM provider. Times and counts each of its calls, and remembers what was wrong with the last, so that no caller can forget
/// to.
/// </summary>
internal sealed class InstrumentedVmProvider(IVmProvider provider, CouchMeter meter, TimeProvider clock) : IVmProvider
{
    private const string Checking = "check";
    private const string Making = "ensure";

    /// <summary>
    /// How long a missing image is told of. Another node may have made a VM since, or there is nobody who needs one: nothing at this node
    /// would tell that it is there.
    /// </summary>
    private static readonly TimeSpan MakingCounts = TimeSpan.FromMinutes(5);

    private volatile VmTrouble? asking;
    private volatile VmTrouble? making;

    public string Name => provider.Name;

    public VmTrouble? Trouble => asking ?? (making is { } seen && clock.GetUtcNow() - seen.At < MakingCounts ? seen : null);

    public bool IsDedicated => provider.IsDedicated;

    public bool MeasuresUsage => provider.MeasuresUsage;

    public bool IsExact => provider.IsExact;

    public string? Isolation => provider.Isolation;

    public IInstallationMark? Mark => provider.Mark;

    public Task<VmProviderProblem?> Check(CancellationToken cancel) => Watched(Checking, null, () => provider.Check(cancel));

    public Task<EnsuredVm?> Find(VmOrder order, CancellationToken cancel) =>
        Watched("find", order.Guest, () => provider.Find(order, cancel));

    public Task<EnsuredVm> Ensure(VmOrder order, CancellationToken cancel) =>
        Watched(Making, order.Guest, () => provider.Ensure(order, cancel));

    // Looks and measurements happen many times a second: they are counted, but get no span.
    public Task<VmSight> Observe(string vmId, CancellationToken cancel) => Timed("observe", null, () => provider.Observe(vmId, cancel));

    public Task<string?> WhyEnded(string vmId, CancellationToken cancel) => Timed("observe", null, () => provider.WhyEnded(vmId, cancel));

    public Task Configure(VmOrder order, string vmId, CancellationToken cancel) =>
        Watched("furnish", order.Guest, () => Nothing(provider.Configure(order, vmId, cancel)));

    public Task<VmsLeft> FindLeft(GuestId guest, string installation, GivenVm? given, CancellationToken cancel) =>
        Watched("find-left", guest, () => provider.FindLeft(guest, installation, given, cancel));

    public Task Destroy(string vmId, CancellationToken cancel) => Watched("destroy", null, () => Nothing(provider.Destroy(vmId, cancel)));

    public Task<IReadOnlyList<ListedVm>> List(CancellationToken cancel) => Watched("list", null, () => provider.List(cancel));

    public Task<UsageReport?> Measure(string vmId, CancellationToken cancel) =>
        Timed("measure", null, () => provider.Measure(vmId, cancel));

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
        // A call that its caller has cancelled has not failed, but it has no answer either.
        var outcome = "cancelled";
        try
        {
            var answer = await ask();
            outcome = "ok";
            Forget(call);
            return answer;
        }
        catch (Exception failure) when (failure is not OperationCanceledException)
        {
            outcome = failure is VmProviderException { IsFinal: true } ? "refused" : "failed";
            Remember(failure);
            span?.SetStatus(ActivityStatusCode.Error);
            throw;
        }
        finally
        {
            meter.Called(Name, call, outcome, clock.GetElapsedTime(began));
        }
    }

    private void Remember(Exception failure)
    {
        if (failure is not VmProviderException { Fault: { } fault })
            return;
        var trouble = new VmTrouble(fault, failure.Message, clock.GetUtcNow());
        // Whether the image is there, only another attempt to make a VM can tell.
        if (fault is VmFault.ImageMissing)
            making = trouble;
        else
            asking = trouble;
    }

    private void Forget(string call)
    {
        // A check tells what it finds by what it returns.
        if (call != Checking)
            asking = null;
        if (call == Making)
            making = null;
    }

    private static async Task<bool> Nothing(Task task)
    {
        await task;
        return true;
    }
}
