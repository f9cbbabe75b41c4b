using Couch.Domain.Guests;
using Couch.Domain.Vms;
using Couch.Tests.Support;
using CsCheck;
using Xunit;
using SimulatedState = Couch.VersSimulator.Vms.VmState;

namespace Couch.Tests.Vms;

/// <summary>Guests, hosts, the provider and the machine do anything, in any order.</summary>
public sealed class GuestLifePropertyTests : IAsyncLifetime
{
    private static readonly ResourceLimits Limits = ResourceLimits.Default with { MaxTokenBudget = 10 };
    private static readonly TimeSpan TooLate = TimeSpan.FromSeconds(100);
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan Bound = TimeSpan.FromMinutes(15);
    private VersCouchOnOneClock couch = null!;

    public async ValueTask InitializeAsync()
    {
        couch = new();
        await couch.InitializeAsync();
        await couch.Housekeeping.Start();
    }

    public ValueTask DisposeAsync() => couch.DisposeAsync();

    [Fact]
    public Task A_guest_never_has_two_vms_is_never_stuck_moves_only_forwards_and_leaves_none() =>
        GuestAction.Any.Array[1, 25].SampleAsync(
            async moves =>
            {
                try
                {
                    await Play(moves);
                }
                catch
                {
                    // The next try begins with nothing of this one's.
                    await DisposeAsync();
                    await InitializeAsync();
                    throw;
                }
            },
            iter: Length.Of(15, 500),
            threads: 1,
            print: moves => string.Join(Environment.NewLine, moves.Select(move => move.ToString())));

    private async Task Play(GuestAction[] moves)
    {
        var guests = new List<GuestId>();
        foreach (var move in moves)
            await Make(move, guests);

        couch.Vers.Faults.Heal();
        await Becomes(guests, IsQuiet, "every guest runs or has ended, with its receipt");
        foreach (var guest in await Rows(guests))
            Assert.Equal(
                guest is { Status: GuestStatus.Running, Vm.State: VmState.Ready } && IsThere(guest) ? [guest.VmId!] : [],
                couch.ClaimedBy(guest.Id).Where(IsAlive).Select(vm => vm.Id.ToString()));

        foreach (var guest in guests)
            await couch.Guest(guest).Kill();
        await Becomes(guests, (guest, _) => !guest.IsStaying && HasReceipt(guest), "every guest has its receipt");
        couch.Clock.Advance(TooLate);
        await Until.True(() => Task.FromResult(couch.Vers.Journal.Entries.All(call => call.Outcome is not null)), Soon,
            "what the provider held back is done");
        // Swept by the minute, as ever: nothing may hang on a call that only the clock ends.
        await couch.AdvanceUntil(VmReconciliation.Grace * 2, () => Task.FromResult(couch.Vers.Vms.Left.Count is 0));

        foreach (var guest in guests)
        {
            Assert.InRange(couch.Vers.Vms.MostClaimedBy(guest.Value), 0, 1);
            var rows = couch.Faults.RowsOf(guest);
            foreach (var (before, after) in rows.Zip(rows.Skip(1)))
                Legal.Follows(before, after);
        }
    }

    private async Task Make(GuestAction move, List<GuestId> guests)
    {
        switch (move)
        {
            case GuestAction.Redeem redeem:
                guests.Add((await couch.AGuest(
                    Limits with { MaxDurationHours = redeem.Minutes / 60.0 },
                    publicKey: redeem.HasKey ? "ssh-ed25519 AAAA ada" : null)).Id);
                break;
            case GuestAction.FaultOn fault:
                GuestAction.Faults[fault.Fault](couch.Vers.Faults);
                break;
            case GuestAction.FaultsOff:
                couch.Vers.Faults.Heal();
                break;
            case GuestAction.Restart:
                await couch.Restart();
                await couch.Housekeeping.Start();
                break;
            case GuestAction.Advance advance:
                couch.Clock.Advance(advance.Time);
                break;
            case GuestAction.Await awaited:
                var before = couch.Vers.Journal.Entries.Count;
                await Until.Holds(
                    () => Task.FromResult(couch.Vers.Journal.Entries.Count >= before + awaited.Calls), TimeSpan.FromMilliseconds(50));
                break;
            case GuestAction.Kill kill when guests.Count > 0:
                await couch.Guest(One(kill.Guest)).Kill();
                break;
            case GuestAction.CheckOut checkOut when guests.Count > 0:
                await couch.Guest(One(checkOut.Guest)).CheckOut();
                break;
            case GuestAction.Extend extend when guests.Count > 0:
                await couch.Guest(One(extend.Guest)).Extend(extend.Minutes / 60.0);
                break;
            case GuestAction.Use use when guests.Count > 0:
                await couch.Guest(One(use.Guest)).Report(new() { TokensUsed = use.Tokens });
                break;
            case GuestAction.Activate activate when guests.Count > 0:
                await couch.Guest(One(activate.Guest)).Activate("given-by-hand", "http://hand");
                break;
            case GuestAction.Expire expire when guests.Count > 0:
                var until = (await couch.Guest(One(expire.Guest)).Get())!.ExpiresAt - couch.Clock.GetUtcNow();
                couch.Clock.Advance(until > TimeSpan.Zero ? until : TimeSpan.Zero);
                break;
        }

        GuestId One(int number) => guests[number % guests.Count];
    }

    private async Task<IReadOnlyList<Guest>> Rows(List<GuestId> guests) =>
    [
        .. (await couch.Listings.Guests(null, 50, null, DateTimeOffset.MinValue, TestCouch.Cancel)).Rows
            .Where(row => guests.Contains(row.Id)),
    ];

    private async Task Becomes(List<GuestId> guests, Func<Guest, IReadOnlyList<Guest>, bool> claim, string what)
    {
        try
        {
            await couch.AdvanceUntil(
                Bound, async () => await Rows(guests) is var rows && rows.Count == guests.Count && rows.All(row => claim(row, rows)));
        }
        catch (Exception failure)
        {
            var rows = await Rows(guests);
            throw new InvalidOperationException(
                $"{what}: {string.Join(Environment.NewLine, rows.Where(row => !claim(row, rows)))}", failure);
        }
    }

    /// <summary>
    /// It runs, with its VM or one given by hand, or nothing of it is left. Where many VMs vanished at once, nobody is ended for it.
    /// </summary>
    private bool IsQuiet(Guest guest, IReadOnlyList<Guest> all) => guest switch
    {
        { IsStaying: false } => HasReceipt(guest),
        { Status: GuestStatus.Running, Vm.State: VmState.Ready } => IsThere(guest)
            || all.Count(one => one is { Status: GuestStatus.Running, Vm.State: VmState.Ready } && !IsThere(one)) > 3,
        { Status: GuestStatus.Running, Vm.State: VmState.None } => true,
        _ => false,
    };

    private bool IsThere(Guest guest) => couch.ClaimedBy(guest.Id).Any(IsAlive);

    private static bool IsAlive(Couch.VersSimulator.Vms.VmView vm) => vm.State is not SimulatedState.Dead;

    /// <summary>Or it was given a VM by hand that is not its to take along.</summary>
    private static bool HasReceipt(Guest guest) => guest.Vm is { DestroyedAt: not null } or { State: VmState.Left };
}
