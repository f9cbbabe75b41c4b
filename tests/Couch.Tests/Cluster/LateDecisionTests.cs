using Couch.Cluster.Guests;
using Couch.Domain.Guests;
using Couch.Domain.Invites;
using Couch.Tests.Support;
using Npgsql;
using Xunit;

namespace Couch.Tests.Cluster;

/// <summary>A decision holds only where it is known to be written before the time is up: by then everybody is told of the end.</summary>
public abstract class LateDecisionTests(TestCouch couch)
{
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan Shortly = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan InGoodTime = TimeSpan.FromMinutes(1);

    private static readonly Dictionary<string, Func<IGuestGrain, Task<object>>> Decisions = new()
    {
        ["extend"] = async guest => await guest.Extend(1),
        ["activate"] = async guest => await guest.Activate("vm-1", "http://vm-1"),
        ["kill"] = async guest => await guest.Kill(),
        ["check out"] = async guest => await guest.CheckOut(),
        ["use more than its limit"] = async guest => await guest.Report(new() { TokensUsed = ResourceLimits.Default.MaxTokenBudget + 1 }),
    };

    /// <summary>Shortly before the end a first write shows whether one can be made in time; the second is the decision's own.</summary>
    public static TheoryData<string, double, int> Late()
    {
        var late = new TheoryData<string, double, int>();
        foreach (var decision in Decisions.Keys)
        {
            late.Add(decision, Shortly.TotalSeconds, 0);
            late.Add(decision, Shortly.TotalSeconds, 1);
            late.Add(decision, InGoodTime.TotalSeconds, 0);
        }

        return late;
    }

    [Theory, MemberData(nameof(Late))]
    public async Task What_is_decided_of_a_guest_and_written_too_late_is_refused_and_the_guest_has_expired(
        string decision, double secondsLeft, int writesBefore)
    {
        var guest = await GuestWithLeft(TimeSpan.FromSeconds(secondsLeft));
        var held = couch.Faults.HoldWrite(guest.Id.Value, writesBefore);
        var deciding = Decisions[decision](couch.Guest(guest.Id));
        await held.HasCome.WaitAsync(Bound, TestCouch.Cancel);

        couch.Clock.Advance(TimeSpan.FromSeconds(secondsLeft));
        Assert.Equal(GuestStatus.Expired, (await Waited(guest))!.Status);
        Assert.Equal(GuestStatus.Expired, await Listed(guest));
        held.LetGo();

        Assert.Equal(GuestStatus.Expired, StatusIn(await deciding));
        Assert.Equal(GuestStatus.Expired, (await couch.Guest(guest.Id).Get())!.Status);
        await Until.True(async () => (await couch.Row(guest.Id))!.Status is GuestStatus.Expired, Bound, "the end is recorded");
        var row = (await couch.Row(guest.Id))!;
        Assert.Equal((guest.ExpiresAt, guest.ExpiresAt, EndReason.Expired), (row.ExpiresAt, row.StoppedAt, row.EndReason));
        Assert.Equal(guest.ResourceLimits, row.ResourceLimits);
        if (writesBefore is 0 && secondsLeft == Shortly.TotalSeconds)
            Assert.All(couch.Faults.RowsOf(guest.Id), one => Assert.True(one.Status is GuestStatus.Provisioning or GuestStatus.Expired
                && one.ExpiresAt == guest.ExpiresAt));
    }

    [Theory]
    [InlineData("extend")]
    [InlineData("activate")]
    [InlineData("kill")]
    [InlineData("check out")]
    [InlineData("use more than its limit")]
    public async Task What_is_decided_shortly_before_the_end_and_written_in_time_holds(string decision)
    {
        var guest = await GuestWithLeft(Shortly);
        var outcome = await Decisions[decision](couch.Guest(guest.Id));
        couch.Clock.Advance(TimeSpan.FromMilliseconds(1));
        Assert.NotEqual(GuestStatus.Expired, StatusIn(outcome));
        Assert.Equal(StatusIn(outcome), (await couch.Row(guest.Id))!.Status);
        Assert.Equal(StatusIn(outcome), (await couch.Guest(guest.Id).Get())!.Status);
    }

    [Fact]
    public async Task An_extension_in_good_time_is_one_write()
    {
        var guest = await GuestWithLeft(InGoodTime);
        var before = couch.Faults.RowsOf(guest.Id).Count;
        Assert.IsType<ExtendOutcome.Extended>(await couch.Guest(guest.Id).Extend(1));
        Assert.Equal(before + 1, couch.Faults.RowsOf(guest.Id).Count);
    }

    [Theory]
    [InlineData(5, 0)]
    [InlineData(5, 1)]
    [InlineData(60, 0)]
    public async Task An_invite_that_expires_while_its_redemption_is_written_is_not_redeemed_and_brings_nobody(
        double secondsLeft, int writesBefore)
    {
        var invite = await InviteWithLeft(TimeSpan.FromSeconds(secondsLeft));
        var redeem = Some.Redeem("key");
        var held = couch.Faults.HoldWrite(invite.Id.Value, writesBefore);
        var redeeming = couch.Invite(invite.Id).Redeem(redeem);
        await held.HasCome.WaitAsync(Bound, TestCouch.Cancel);
        couch.Clock.Advance(TimeSpan.FromSeconds(secondsLeft));
        held.LetGo();

        Assert.Equal(InviteStatus.Expired, Assert.IsType<RedeemOutcome.NotActive>(await redeeming).Status);
        Assert.Equal(InviteStatus.Expired, Assert.IsType<RedeemOutcome.NotActive>(await couch.Invite(invite.Id).Redeem(redeem)).Status);
        await couch.Housekeeping.Start();
        Assert.False(await couch.Invite(invite.Id).EnsureGuestArrived());
        await Until.True(async () => (await couch.Row(invite.Id))!.Status is InviteStatus.Expired, Bound, "the end is recorded");
        Assert.Null((await couch.Row(invite.Id))!.Redemption);
        Assert.DoesNotContain((await couch.Listings.Guests(null, 1000, null, couch.Clock.GetUtcNow(), TestCouch.Cancel)).Rows,
            guest => guest.InviteId == invite.Id);
    }

    [Fact]
    public async Task An_invite_that_expires_while_it_is_taken_back_has_expired()
    {
        var invite = await InviteWithLeft(Shortly);
        var held = couch.Faults.HoldWrite(invite.Id.Value, after: 1);
        var revoking = couch.Invite(invite.Id).Revoke();
        await held.HasCome.WaitAsync(Bound, TestCouch.Cancel);
        couch.Clock.Advance(Shortly);
        held.LetGo();

        Assert.Equal(InviteStatus.Expired, Assert.IsType<RevokeOutcome.NotActive>(await revoking).Status);
        Assert.Equal(InviteStatus.Expired, (await couch.Row(invite.Id))!.Status);
    }

    [Fact]
    public async Task An_expiry_that_cannot_be_written_over_a_late_decision_is_told_all_the_same_and_written_later()
    {
        var guest = await GuestWithLeft(InGoodTime);
        var held = couch.Faults.HoldWrite(guest.Id.Value);
        var extending = couch.Guest(guest.Id).Extend(1);
        await held.HasCome.WaitAsync(Bound, TestCouch.Cancel);
        couch.Clock.Advance(InGoodTime);
        couch.Faults.RefuseWrite(guest.Id.Value, after: 1);
        held.LetGo();

        await Assert.ThrowsAsync<Couch.Cluster.Storage.StorageUnavailableException>(() => extending);
        Assert.Equal(GuestStatus.Expired, (await couch.Guest(guest.Id).Get())!.Status);
        await Until.True(
            async () =>
            {
                couch.Clock.Advance(TimeSpan.FromMilliseconds(100));
                return (await couch.Row(guest.Id))!.Status is GuestStatus.Expired;
            },
            Bound, "the end is recorded");
    }

    [Fact]
    public async Task Whoever_was_told_of_an_end_by_the_clock_is_told_the_same_when_the_clock_goes_back()
    {
        var guest = await GuestWithLeft(Shortly);
        var invite = await InviteWithLeft(Shortly);
        var now = couch.Clock.GetUtcNow();
        couch.Clock.AdjustTime(now + Shortly);
        Assert.Equal(GuestStatus.Expired, (await couch.Guest(guest.Id).Get())!.Status);
        Assert.Equal(InviteStatus.Expired, (await couch.Invite(invite.Id).Get())!.Status);

        couch.Clock.AdjustTime(now);
        Assert.Equal(GuestStatus.Expired, (await couch.Guest(guest.Id).Get())!.Status);
        Assert.Equal(GuestStatus.Expired, Assert.IsType<ExtendOutcome.AlreadyEnded>(await couch.Guest(guest.Id).Extend(1)).Status);
        Assert.Equal(
            InviteStatus.Expired, Assert.IsType<RedeemOutcome.NotActive>(await couch.Invite(invite.Id).Redeem(Some.Redeem())).Status);
    }

    protected TestCouch Couch => couch;

    protected async Task<Guest> GuestWithLeft(TimeSpan left)
    {
        var guest = await couch.AGuest(ResourceLimits.Default with { MaxDurationHours = 1 });
        couch.Clock.Advance(guest.ExpiresAt - left - couch.Clock.GetUtcNow());
        return (await couch.Guest(guest.Id).Get())!;
    }

    /// <summary>As a list has it.</summary>
    protected async Task<GuestStatus> Listed(Guest guest) =>
        (await couch.Listings.Guests(null, 1000, null, couch.Clock.GetUtcNow(),
            TestCouch.Cancel)).Rows.Single(row => row.Id == guest.Id).Status;

    /// <summary>As a long poll has it, which stands in nobody's way.</summary>
    protected Task<Guest?> Waited(Guest guest) =>
        couch.Guest(guest.Id).WaitForChange(guest.Status, guest.AgentEndpoint, TimeSpan.FromSeconds(1));

    private async Task<Invite> InviteWithLeft(TimeSpan left)
    {
        var invite = await couch.AnInvite(expiresInHours: 1);
        couch.Clock.Advance(invite.ExpiresAt - left - couch.Clock.GetUtcNow());
        return invite;
    }

    private static GuestStatus StatusIn(object outcome) => outcome switch
    {
        ExtendOutcome.Extended { Guest: var guest } => guest.Status,
        ExtendOutcome.AlreadyEnded { Status: var status } => status,
        ActivateOutcome.Activated { Guest: var guest } => guest.Status,
        ActivateOutcome.NotProvisioning { Status: var status } => status,
        EndOutcome.Ended { Guest: var guest } => guest.Status,
        EndOutcome.AlreadyEnded { Guest: var guest } => guest.Status,
        UsageOutcome.Recorded { Guest: var guest } => guest.Status,
        _ => throw new ArgumentOutOfRangeException(nameof(outcome)),
    };
}

public sealed class LateDecisionsOnSqlite(SqliteCouch couch) : LateDecisionTests(couch), IClassFixture<SqliteCouch>;

public sealed class LateDecisionsOnPostgres(PostgresCouch couch) : LateDecisionTests(couch), IClassFixture<PostgresCouch>
{
    /// <summary>As it was found: the row is locked by somebody else while the guest's time runs out.</summary>
    [Fact]
    public async Task An_extension_that_waits_for_a_locked_row_past_the_end_is_refused_and_no_list_ever_shows_it()
    {
        var guest = await GuestWithLeft(TimeSpan.FromSeconds(0.5));
        await using var session = (NpgsqlConnection)await Couch.Database.Writes.OpenConnectionAsync(TestCouch.Cancel);
        var locked = await session.BeginTransactionAsync(TestCouch.Cancel);
        await using (var command = new NpgsqlCommand("SELECT 1 FROM grain_state WHERE kind = 'guest' AND id = @id FOR UPDATE", session,
            locked))
        {
            command.Parameters.AddWithValue("id", guest.Id.Value);
            await command.ExecuteNonQueryAsync(TestCouch.Cancel);
        }

        var extending = Couch.Guest(guest.Id).Extend(1);
        await Until.True(async () => await IsWaiting(), TimeSpan.FromSeconds(5), "the extension waits for the row");
        Couch.Clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(GuestStatus.Expired, (await Waited(guest))!.Status);
        Assert.Equal(GuestStatus.Expired, await Listed(guest));
        await locked.CommitAsync(TestCouch.Cancel);
        while (!extending.IsCompleted)
            Assert.Equal(GuestStatus.Expired, await Listed(guest));

        Assert.Equal(GuestStatus.Expired, Assert.IsType<ExtendOutcome.AlreadyEnded>(await extending).Status);
        Assert.Equal(GuestStatus.Expired, await Listed(guest));
        Assert.All(Couch.Faults.RowsOf(guest.Id), row => Assert.Equal(guest.ExpiresAt, row.ExpiresAt));
    }

    private async Task<bool> IsWaiting()
    {
        await using var connection = (NpgsqlConnection)await Couch.Database.Writes.OpenConnectionAsync(TestCouch.Cancel);
        await using var command = new NpgsqlCommand(
            "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock')", connection);
        return await command.ExecuteScalarAsync(TestCouch.Cancel) is true;
    }
}
