using Couch.Cluster.Vms;
using Couch.Cluster.Vms.Vers;
using Couch.Domain.Guests;
using Couch.Tests.Support;
using Couch.VersSimulator.Calls;
using Couch.VersSimulator.Faults;
using Xunit;

namespace Couch.Tests.Vms;

/// <summary>Vers refuses, fails, hangs or loses what it says: nothing is made twice, nothing leaks, and no key is told.</summary>
public sealed class VersFaultTests : IAsyncLifetime
{
    private const string Installation = "this-couch";
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(30);
    private VersAtHand at = null!;

    public static TheoryData<string> CreatesWithoutAnAnswer =>
        ["500", "503", "429", "409", "dropped", "lost", "empty", "done and 500", "done and 502"];

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => at = await VersAtHand.Start();

    public ValueTask DisposeAsync() => at.DisposeAsync();

    [Theory]
    [MemberData(nameof(CreatesWithoutAnAnswer))]
    public async Task A_create_is_never_repeated(string faults)
    {
        // The connection is a used one: what HTTP clients like to repeat by themselves.
        await at.Host.Ensure(Order(), Cancel);
        at.Vers.Faults.Always(Call.Create, faults switch
        {
            "429" => Effect.TooMany(TimeSpan.FromSeconds(1)),
            "dropped" => new Effect.Drop(),
            "lost" => new Effect.LoseReply(),
            "empty" => new Effect.EmptyReply(),
            "done and 500" => new Effect.DoThenAnswer(500),
            "done and 502" => new Effect.DoThenAnswer(502),
            var status => new Effect.Answer(int.Parse(status, System.Globalization.CultureInfo.InvariantCulture)),
        });

        var failure = await Assert.ThrowsAsync<VmProviderException>(() => at.Host.Ensure(Order(mayExist: true), Cancel));

        Assert.False(failure.IsFinal);
        Assert.Equal(faults is "429" ? TimeSpan.FromSeconds(1) : null, failure.RetryAfter);
        // A provider that says it did not take the request up has made nothing.
        Assert.Equal(faults is not ("503" or "429" or "409"), failure.MayHaveMade);
        Assert.Equal(2, at.Vers.Journal.Count(Call.Create));
    }

    [Fact]
    public async Task A_create_that_is_not_answered_in_time_may_have_made_a_vm_and_one_that_was_never_sent_has_not()
    {
        var impatient = at.HostWith(options => options with { CreateBound = TimeSpan.FromSeconds(0.2) });
        at.Vers.Faults.Next(Call.Create, new Effect.Hang());
        Assert.True((await Assert.ThrowsAsync<VmProviderException>(() => impatient.Ensure(Order(), Cancel))).MayHaveMade);

        var nowhere = at.HostWith(options => options with { ApiUrl = $"http://127.0.0.1:{FreePort.Find(1)[0]}" });
        Assert.False((await Assert.ThrowsAsync<VmProviderException>(() => nowhere.Ensure(Order(), Cancel))).MayHaveMade);
        at.Vers.Faults.Always(Call.Any, new Effect.Drop());
        Assert.False((await Assert.ThrowsAsync<VmProviderException>(() => at.Host.Find(Order(), Cancel))).MayHaveMade);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_condemned_vm_is_not_taken_again_and_its_guest_does_not_wait_for_a_boot_that_never_ends(bool isBooting)
    {
        var host = at.HostWith(options => options with { DestroyBound = TimeSpan.FromSeconds(isBooting ? 0.2 : 20) });
        var order = Order();
        var slow = await host.Ensure(order, Cancel);
        if (isBooting)
            at.Vers.Vms.Put(Guid.Parse(slow.VmId), Couch.VersSimulator.Vms.VmState.Booting);
        order = order with { Condemned = [slow.VmId] };

        Assert.Null(await host.Find(order, Cancel));
        var other = await host.Ensure(order with { MayExist = true }, Cancel);

        Assert.NotEqual(slow.VmId, other.VmId);
        Assert.Equal(other, await host.Find(order, Cancel));
        Assert.Equal(isBooting, at.Vers.Vms.Left.Any(vm => vm.Id.ToString() == slow.VmId));
    }

    [Theory]
    [InlineData(400)]
    [InlineData(401)]
    [InlineData(403)]
    [InlineData(404)]
    public async Task A_create_that_can_never_succeed_is_final_in_the_providers_words(int status)
    {
        at.Vers.Faults.Next(Call.Create, new Effect.Answer(status));

        var failure = await Assert.ThrowsAsync<VmProviderException>(() => at.Host.Ensure(Order(), Cancel));

        Assert.True(failure.IsFinal);
        Assert.False(failure.MayHaveMade);
        Assert.Equal($"Vers refused to create a VM: {status} a fault was asked for", failure.Message);
    }

    [Fact]
    public async Task A_commit_that_is_not_there_is_final()
    {
        var host = at.HostWith(options => options with { Commit = new("00000000-0000-4000-8000-000000000bad") });

        var failure = await Assert.ThrowsAsync<VmProviderException>(() => host.Ensure(Order(), Cancel));

        Assert.True(failure.IsFinal);
        Assert.Contains("commit not found", failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_label_is_repeated_until_it_sticks(bool isLost)
    {
        at.Vers.Faults.Next(2, Call.Label, isLost ? new Effect.LoseReply() : new Effect.Answer(500));

        var vm = await at.Host.Ensure(Order(), Cancel);

        Assert.Equal([vm.VmId], at.Vers.Vms.Left.Where(left => left.Guest is not null).Select(left => left.Id.ToString()));
        Assert.Equal(1, at.Vers.Journal.Count(Call.Create));
    }

    [Fact]
    public async Task A_vm_that_cannot_be_labelled_is_destroyed_again()
    {
        at.Vers.Faults.Always(Call.Label, new Effect.Answer(500));

        var failure = await Assert.ThrowsAsync<VmProviderException>(() => at.Host.Ensure(Order(), Cancel));

        Assert.Contains("was destroyed again", failure.Message, StringComparison.Ordinal);
        Assert.False(failure.MayHaveMade);
        Assert.Empty(at.Vers.Vms.Left);
        Assert.Equal(1, at.Vers.Journal.Count(Call.Create));
    }

    [Fact]
    public async Task A_vm_that_can_be_neither_labelled_nor_destroyed_is_named()
    {
        at.Vers.Faults.Always(Call.Label, new Effect.Answer(500));
        at.Vers.Faults.Always(Call.Destroy, new Effect.Answer(500));

        var failure = await Assert.ThrowsAsync<VmProviderException>(() => at.Host.Ensure(Order(), Cancel));

        Assert.True(failure is { MayHaveMade: true, MayBeClaimed: true });
        Assert.Contains(
            $"may be left. Vers failed to destroy VM {Assert.Single(at.Vers.Vms.Left).Id}", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_vm_that_is_made_is_claimed_though_its_caller_gave_up()
    {
        at.Vers.Faults.Next(Call.Label, new Effect.DoLate(TimeSpan.FromSeconds(0.5)));
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(Cancel);

        var ensuring = at.Host.Ensure(Order(), patience.Token);
        await Until.True(() => Task.FromResult(at.Vers.Journal.Count(Call.Label) is 1), Bound, "the label is under way");
        await patience.CancelAsync();

        Assert.NotNull(at.Look((await ensuring).VmId).Guest);
    }

    [Fact]
    public async Task A_create_that_is_done_too_late_leaves_one_claimed_vm_and_an_unclaimed_one()
    {
        var clock = new WatchedClock();
        await using var slow = await VersAtHand.Start(clock);
        slow.Vers.Faults.Next(Call.Create, new Effect.DoLate(TimeSpan.FromSeconds(90)));
        var order = Order();

        var ensuring = slow.Host.Ensure(order, Cancel);
        await clock.IsWaiting(TimeSpan.FromSeconds(90));
        clock.Advance(TimeSpan.FromSeconds(60));
        await Assert.ThrowsAsync<VmProviderException>(() => ensuring.WaitAsync(Bound, Cancel));
        clock.Advance(TimeSpan.FromSeconds(30));
        await Until.True(() => Task.FromResult(slow.Vers.Vms.Left.Count is 1), Bound, "the create is done after all");
        await slow.Host.Ensure(order with { MayExist = true }, Cancel);

        Assert.Equal(2, slow.Vers.Vms.Left.Count);
        Assert.Equal(1, slow.Vers.Vms.MostClaimedBy(order.Guest.Value));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_destroy_is_repeated_until_it_is_confirmed(bool isLost)
    {
        var order = Order();
        await at.Host.Ensure(order, Cancel);
        at.Vers.Faults.Next(2, Call.Destroy, isLost ? new Effect.LoseReply() : new Effect.Answer(503));

        await at.Host.Release(order.Guest, Installation, null, Cancel);

        Assert.Empty(at.Vers.Vms.Left);
    }

    [Theory]
    [InlineData(400)]
    [InlineData(403)]
    [InlineData(500)]
    public async Task A_vm_that_is_listed_and_cannot_be_destroyed_is_not_called_released(int status)
    {
        var order = Order();
        var vm = await at.Host.Ensure(order, Cancel);
        at.Vers.Faults.Always(Call.Destroy, new Effect.Answer(status));
        await Assert.ThrowsAsync<VmProviderException>(() => at.Host.Release(order.Guest, Installation, vm.VmId, Cancel));

        at.Vers.Faults.Heal();
        await at.Host.Release(order.Guest, Installation, vm.VmId, Cancel);

        Assert.Empty(at.Vers.Vms.Left);
    }

    [Fact]
    public async Task A_known_vm_is_destroyed_though_the_list_is_empty()
    {
        var order = Order();
        var vm = await at.Host.Ensure(order, Cancel);
        at.Vers.Faults.Always(Call.List, new Effect.EmptyList());

        await at.Host.Release(order.Guest, Installation, vm.VmId, Cancel);

        Assert.Empty(at.Vers.Vms.Left);
    }

    [Fact]
    public async Task A_plea_to_wait_is_honoured()
    {
        var clock = new WatchedClock();
        await using var patient = await VersAtHand.Start(clock);
        patient.Vers.Faults.Next(Call.List, Effect.TooMany(TimeSpan.FromSeconds(7)));

        var listing = patient.Host.List(Cancel);
        await clock.IsWaiting(TimeSpan.FromSeconds(7));
        clock.Advance(TimeSpan.FromSeconds(7));

        Assert.Empty(await listing);
        Assert.Equal(TimeSpan.FromSeconds(7), patient.Vers.Journal.Entries[1].At - patient.Vers.Journal.Entries[0].At);
    }

    [Fact]
    public async Task A_plea_to_wait_for_long_is_handed_on()
    {
        at.Vers.Faults.Always(Call.List, Effect.TooMany(TimeSpan.FromMinutes(2)));
        var first = await Assert.ThrowsAsync<VmProviderException>(() => at.Host.List(Cancel));
        at.Vers.Faults.Heal();
        at.Vers.Faults.Always(Call.List, Effect.TooMany(TimeSpan.FromHours(20)));
        var second = await Assert.ThrowsAsync<VmProviderException>(() => at.Host.List(Cancel));

        // As it was said: how long is too long is a rule of the domain (VmRetries).
        Assert.Equal((TimeSpan.FromMinutes(2), TimeSpan.FromHours(20)), (first.RetryAfter, second.RetryAfter));
        Assert.Equal(2, at.Vers.Journal.Count(Call.List));
    }

    [Fact]
    public async Task A_hanging_create_ends_after_a_minute_and_a_hanging_look_after_twenty_seconds()
    {
        var clock = new WatchedClock();
        await using var silent = await VersAtHand.Start(clock);
        silent.Vers.Faults.Always(Call.Any, new Effect.Hang());

        foreach (var (call, seconds) in new (Func<Task>, int)[] { (() => silent.Host.Ensure(Order(), Cancel), 60),
            (() => silent.Host.List(Cancel), 20) })
        {
            var hanging = call();
            await clock.IsWaiting(TimeSpan.FromSeconds(seconds));
            clock.Advance(TimeSpan.FromSeconds(seconds - 1));
            Assert.False(hanging.IsCompleted);
            clock.Advance(TimeSpan.FromSeconds(1));
            var failure = await Assert.ThrowsAsync<VmProviderException>(() => hanging.WaitAsync(Bound, Cancel));
            Assert.Contains($"did not answer within {seconds} seconds", failure.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task The_key_is_in_no_sentence_and_no_log()
    {
        using var ear = new LogCapture();
        var host = at.HostWith(options => options with { CallBound = TimeSpan.FromSeconds(1), CreateBound = TimeSpan.FromSeconds(1) }, ear);
        var told = new List<string>();
        await Tell(() => host.Ensure(Order(), Cancel));
        foreach (var faults in new Effect[] { new Effect.Answer(401), new Effect.Answer(500), new Effect.Answer(502),
            Effect.TooMany(TimeSpan.FromHours(1)), new Effect.Hang(), new Effect.Drop(), new Effect.LoseReply() })
        {
            at.Vers.Faults.Heal();
            at.Vers.Faults.Always(Call.Any, faults);
            await Tell(() => host.Ensure(Order(), Cancel));
            await Tell(() => host.Release(Order().Guest, Installation, null, Cancel));
            told.Add($"{await host.Check(Cancel)}");
        }

        Assert.True(told.Count > 20);
        Assert.NotEmpty(ear.Heard);
        Assert.DoesNotContain(at.Vers.Options.Key, string.Join('\n', told.Concat(ear.Heard)), StringComparison.OrdinalIgnoreCase);

        async Task Tell(Func<Task> call) => told.Add($"{await Record.ExceptionAsync(call)}");
    }

    [Fact]
    public void The_key_is_struck_out_of_what_a_provider_quotes()
    {
        Assert.True(VersKey.TryParse("vers-key-123", out var key));
        var failures = new VersFailures(key.StrikeOut, TimeProvider.System);
        using var reply = new HttpResponseMessage(System.Net.HttpStatusCode.Unauthorized);

        var failure = failures.Refusal(
            "list VMs", reply, "{\"error\":\"no such key:\\nVERS-KEY-123\",\"success\":false}"u8.ToArray(), isFinal: false);

        Assert.Equal("Vers refused to list VMs: 401 no such key: [key]", failure.Message);
        Assert.True(failure.IsFinal);
    }

    private static VmOrder Order(bool mayExist = false) => new()
    {
        Guest = GuestId.New(Some.Time, Some.Random),
        Installation = Installation,
        MayExist = mayExist,
        Limits = ResourceLimits.Default,
        Permissions = Permissions.Default,
    };
}
