using System.Security.Cryptography;
using Couch.Domain.Guests;
using Couch.Domain.Invites;
using Couch.Domain.Text;

namespace Couch.Bench.Rows;

/// <summary>
/// A couch in full swing: so many guests, arrived evenly over the last three days for the three days that a stay takes
/// where nothing else is said. So their times are up evenly over the next three, some of them within any minute. Half of
/// them run and have reported usage, a fifth wait for their VM, the others have left or were killed. Too many to be held
/// whole: only ids are, and rows are made as they are stored.
/// </summary>
/// <param name="Guests">The newest of those who run: who is polled.</param>
/// <param name="Open">Invites that nobody has redeemed.</param>
internal sealed record Crowd(IReadOnlyList<Guest> Guests, IReadOnlyList<Invite> Open) : Population(Guests, [], Open)
{
    /// <summary>Enough for every redeem that one caller makes.</summary>
    private const int OpenInvites = 10_000;

    private static readonly TimeSpan Stay = TimeSpan.FromHours(ResourceLimits.Default.MaxDurationHours);
    private static readonly TimeSpan UntilItLeaves = TimeSpan.FromHours(1);
    private static readonly RandomNumberGenerator Random = RandomNumberGenerator.Create();

    private readonly List<(InviteId Invite, GuestId Guest)> arrived = [];
    private DateTimeOffset now;

    public static new Crowd Of(int count)
    {
        var now = TimeProvider.System.Now();
        var guests = new List<Guest>();
        var crowd = new Crowd(
            guests, [.. Enumerable.Range(0, OpenInvites).Select(index => NewInvite(now - TimeSpan.FromMilliseconds(OpenInvites - index)))])
        {
            now = now,
        };
        for (var index = 0; index < count; index++)
        {
            var time = now - Stay + TimeSpan.FromMilliseconds(Math.Floor(Stay.TotalMilliseconds * index / count));
            crowd.arrived.Add((InviteId.New(time, Random), GuestId.New(time, Random)));
        }

        for (var index = count - 1; guests.Count < Plan.Warm && index >= 0; index--)
        {
            if (crowd.Guest(index) is ({ Status: GuestStatus.Running } guest, _))
                guests.Add(guest);
        }

        return crowd;
    }

    public override IEnumerable<StoredRow> Rows =>
        Enumerable.Range(0, arrived.Count).Select(Guest).Select(stored => StoredRow.Of(stored.Guest) with { Version = stored.Version })
            .Concat(arrived.Select(Redeemed).Concat(Open).Select(StoredRow.Of));

    private static Invite Redeemed((InviteId Invite, GuestId Guest) ids) => Redeemed(NewInvite(ids.Invite), ids.Guest);

    private (Guest Guest, int Version) Guest(int index)
    {
        var guest = Domain.Guests.Guest.Arriving(Redeemed(arrived[index]));
        var left = guest.CreatedAt + UntilItLeaves;
        return (index % 10, left < now) switch
        {
            ( < 5, _) => (Running(guest), 3),
            ( < 7, _) or (_, false) => (guest, 1),
            ( < 9, _) => (Ended(guest.CheckOut(left)), 2),
            _ => (Ended(guest.Kill(left)), 2),
        };
    }

    private static Guest Running(Guest guest) =>
        guest.Activate($"vm-{guest.Id}", $"https://vm-{guest.Id}.example", guest.CreatedAt) is ActivateOutcome.Activated activated
            ? activated.Guest.Report(
                new() { CpuSeconds = 1234.5, MemoryPeakMB = 812.25, DiskUsedGB = 3.5, NetworkEgressGB = 0.125, TokensUsed = 123_456,
                    UptimeSeconds = 3_600 },
                guest.CreatedAt).Guest
            : throw new InvalidOperationException($"{guest.Id} cannot be activated");

    private static Guest Ended(EndOutcome outcome) =>
        outcome is EndOutcome.Ended ended ? ended.Guest : throw new InvalidOperationException($"not ended: {outcome}");
}
