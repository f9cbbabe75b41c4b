using Couch.Domain.Guests;
using Couch.Domain.Text;
using Couch.Tests.Support;
using Orleans.Runtime.Placement;
using Xunit;

namespace Couch.Tests.Cluster;

/// <summary>Housekeeping on a node whose clock is an hour ahead of the one that has the guests.</summary>
public sealed class ClocksApartTests(ClocksApartTests.TwoClocks couch) : IClassFixture<ClocksApartTests.TwoClocks>
{
    /// <summary>More than housekeeping asks for at a time.</summary>
    private const int Guests = 620;

    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(25);

    [Fact]
    public async Task A_sweep_ends_and_tells_what_it_settled_from_what_only_its_own_clock_calls_over()
    {
        var here = await Arrived(Guests);
        var over = Some.Guest() with { ExpiresAt = couch.Clock.Now().AddMinutes(-10) };
        await couch.Database.Put("guest", over.Id.Value, over);
        couch.Place(TwoClocks.Ahead);

        var found = await couch.Housekeeping.Sweep().WaitAsync(Bound, TimeProvider.System);
        Assert.Equal((1, Guests), (found.Overdue, found.NotDue));
        Assert.Equal(GuestStatus.Expired, (await couch.Row(over.Id))!.Status);
        Assert.All(here.Take(3), id => Assert.True(couch.Guest(id).Get().Result!.IsStaying));

        // Nobody's clock is asked twice, and once they agree everything is settled.
        couch.Clock.Advance(TimeSpan.FromHours(1));
        found = await couch.Housekeeping.Sweep().WaitAsync(Bound, TimeProvider.System);
        Assert.Equal((Guests, 0), (found.Overdue, found.NotDue));
    }

    /// <summary>Guests in the memory of the node whose clock is right, half an hour before their time is up.</summary>
    private async Task<List<GuestId>> Arrived(int count)
    {
        couch.Place(TwoClocks.Right);
        var guests = Enumerable.Range(0, count).Select(_ => Some.Guest() with { ExpiresAt = couch.Clock.Now().AddMinutes(30) }).ToList();
        foreach (var some in guests.Chunk(50))
        {
            await Task.WhenAll(some.Select(async guest =>
            {
                await couch.Database.Put("guest", guest.Id.Value, guest);
                Assert.NotNull(await couch.Guest(guest.Id).Get());
            }));
        }

        return [.. guests.Select(guest => guest.Id)];
    }

    public sealed class TwoClocks() : TestCouch(new SqliteEngine())
    {
        public const string Right = "Silo_0";
        public const string Ahead = "Silo_1";

        /// <summary>Whatever comes to memory from now on does so there.</summary>
        public void Place(string silo) => RequestContext.Set(IPlacementDirector.PlacementHintKey, AddressOf(silo));

        private protected override TimeProvider ClockOf(string silo) => silo is Ahead ? new AheadOf(Clock) : Clock;
    }

    private sealed class AheadOf(TimeProvider clock) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => clock.GetUtcNow().AddHours(1);

        public override long GetTimestamp() => clock.GetTimestamp();

        public override long TimestampFrequency => clock.TimestampFrequency;

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
            clock.CreateTimer(callback, state, dueTime, period);
    }
}
