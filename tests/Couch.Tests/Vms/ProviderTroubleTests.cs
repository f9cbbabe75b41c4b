using System.Diagnostics.Metrics;
using Couch.Cluster.Telemetry;
using Couch.Cluster.Vms;
using Couch.Domain.Guests;
using Couch.Domain.Vms;
using Couch.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Couch.Tests.Vms;

/// <summary>What a node remembers of its VM provider's faults, and for how long.</summary>
public sealed class ProviderTroubleTests : IDisposable
{
    private readonly ServiceProvider services = new ServiceCollection().AddMetrics().BuildServiceProvider();
    private readonly FakeTimeProvider clock = new(DateTimeOffset.UnixEpoch.AddYears(56));
    private readonly Provider provider = new();
    private readonly InstrumentedVmProvider watched;

    public ProviderTroubleTests() =>
        watched = new(provider, new CouchMeter(services.GetRequiredService<IMeterFactory>()), clock);

    public void Dispose() => services.Dispose();

    [Fact]
    public async Task A_missing_image_is_told_for_minutes_and_not_for_ever()
    {
        await Fails(VmFault.ImageMissing);

        // A list says nothing about the image.
        await watched.List(TestCouch.Cancel);
        clock.Advance(TimeSpan.FromMinutes(4));
        Assert.Equal(VmFault.ImageMissing, watched.Trouble?.Fault);

        clock.Advance(TimeSpan.FromMinutes(1));
        Assert.Null(watched.Trouble);
        await Fails(VmFault.ImageMissing);
        Assert.Equal(clock.GetUtcNow(), watched.Trouble?.At);
    }

    [Fact]
    public async Task What_is_wrong_with_every_call_is_forgotten_by_the_next_that_succeeds()
    {
        await Fails(VmFault.Failing);
        clock.Advance(TimeSpan.FromHours(1));
        Assert.Equal(VmFault.Failing, watched.Trouble?.Fault);

        await watched.List(TestCouch.Cancel);
        Assert.Null(watched.Trouble);
    }

    private async Task Fails(VmFault fault)
    {
        provider.Fault = fault;
        var order = new VmOrder
        {
            Guest = GuestId.LowestAt(clock.GetUtcNow()), Installation = "here", MayExist = false,
            Limits = ResourceLimits.Default, Permissions = Permissions.Default,
        };
        await Assert.ThrowsAsync<VmProviderException>(() => watched.Ensure(order, TestCouch.Cancel));
    }

    /// <summary>Lists, and makes nothing.</summary>
    private sealed class Provider : IVmProvider
    {
        public VmFault Fault { get; set; }

        public string Name => "pretended";

        public bool IsDedicated => false;

        public bool MeasuresUsage => false;

        public bool IsExact => true;

        public Task<VmProviderProblem?> Check(CancellationToken cancel) => Task.FromResult<VmProviderProblem?>(null);

        public Task<EnsuredVm> Ensure(VmOrder order, CancellationToken cancel) =>
            Task.FromException<EnsuredVm>(new VmProviderException("No.") { Fault = Fault });

        public Task<IReadOnlyList<ListedVm>> List(CancellationToken cancel) => Task.FromResult<IReadOnlyList<ListedVm>>([]);

        public Task<EnsuredVm?> Find(VmOrder order, CancellationToken cancel) => throw new NotSupportedException();

        public Task<VmSight> Observe(string vmId, CancellationToken cancel) => throw new NotSupportedException();

        public Task<VmsLeft> FindLeft(GuestId guest, string installation, GivenVm? given, CancellationToken cancel) =>
            throw new NotSupportedException();

        public Task Destroy(string vmId, CancellationToken cancel) => throw new NotSupportedException();

        public Task<UsageReport?> Measure(string vmId, CancellationToken cancel) => throw new NotSupportedException();
    }
}
