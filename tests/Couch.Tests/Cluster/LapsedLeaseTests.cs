using Couch.Cluster.Membership;
using Couch.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Couch.Tests.Cluster;

/// <summary>Two silos of which neither can confirm that it is a member, as while their database is away.</summary>
public sealed class LapsedLeaseTests() : TestCouch(new SqliteEngine())
{
    private readonly NodeLease lease = new(new FakeTimeProvider());

    [Fact]
    public async Task A_grains_timer_goes_on_while_its_node_has_no_lease()
    {
        lease.Renew(lease.Now);
        var guest = await AGuest();
        await Guest(guest.Id).Report(new() { TokensUsed = 5 }, by: null);
        lease.End();
        await Assert.ThrowsAsync<NotConfirmedException>(() => Guest(guest.Id).Get());

        await AdvanceUntil(TimeSpan.FromMinutes(5), async () => await Row(guest.Id) is { ResourceUsage.TokensUsed: 5 });
    }

    private protected override void AddVms(IServiceCollection services)
    {
        base.AddVms(services);
        services.AddSingleton(lease).AddSingleton<IIncomingGrainCallFilter, UnderLease>();
    }
}
