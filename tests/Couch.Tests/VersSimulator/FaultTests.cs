using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Couch.Tests.Support;
using Couch.VersSimulator.Calls;
using Couch.VersSimulator.Faults;
using Xunit;

namespace Couch.Tests.VersSimulator;

public sealed class FaultTests
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(30);

    [Theory]
    [InlineData(500)]
    [InlineData(502)]
    [InlineData(503)]
    public async Task An_error_is_answered_before_anything_is_done(int status)
    {
        await using var account = await VersAccount.Open();
        account.Vers.Faults.Next(Call.Create, new Effect.Answer(status));

        Assert.Equal(status, (await account.TryCreate()).Status);
        Assert.Empty(account.Vers.Vms.All);
        Assert.Equal(201, (await account.TryCreate()).Status);
    }

    [Fact]
    public async Task Too_many_calls_are_told_when_to_come_again()
    {
        await using var account = await VersAccount.Open();
        account.Vers.Faults.Next(2, Call.Any, Effect.TooMany(TimeSpan.FromSeconds(7)));

        using var refused = await account.Http.GetAsync("vms");
        Assert.Equal(HttpStatusCode.TooManyRequests, refused.StatusCode);
        Assert.Equal(TimeSpan.FromSeconds(7), refused.Headers.RetryAfter!.Delta);
        Assert.Equal(429, (await account.TryCreate()).Status);
        Assert.Equal(201, (await account.TryCreate()).Status);
    }

    [Fact]
    public async Task A_call_hangs_until_its_caller_goes_away()
    {
        await using var account = await VersAccount.Open();
        account.Vers.Faults.Next(Call.Create, new Effect.Hang());
        using var patience = new CancellationTokenSource();

        var hanging = account.Call(HttpMethod.Post, "vm/from_commit", new { commit_id = account.Vers.Options.Commit }, patience.Token);
        await Until.True(() => Task.FromResult(account.Vers.Journal.Count(Call.Create) is 1), Soon, "the call is there");
        Assert.Null(account.Vers.Journal.Entries[0].Outcome);
        await patience.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => hanging);
        await Until.True(
            () => Task.FromResult(account.Vers.Journal.Entries[0].Outcome is { Done: null, Replied: null }), Soon, "the call is over");
        Assert.Empty(account.Vers.Vms.All);
    }

    [Fact]
    public async Task A_call_that_hangs_for_a_time_is_dropped_after_it()
    {
        await using var account = await VersAccount.Open();
        account.Vers.Faults.Next(Call.List, new Effect.Hang(TimeSpan.FromMinutes(1)));

        var hanging = account.Get("vms");
        await Until.True(() =>
        {
            account.Clock.Advance(TimeSpan.FromMinutes(1));
            return Task.FromResult(hanging.IsCompleted);
        }, Soon, "the call is dropped");
        await Assert.ThrowsAsync<HttpRequestException>(() => hanging);
    }

    [Fact]
    public async Task A_create_whose_reply_is_lost_has_made_its_vm()
    {
        await using var account = await VersAccount.Open();
        account.Vers.Faults.Next(Call.Create, new Effect.LoseReply());

        await Assert.ThrowsAsync<HttpRequestException>(account.TryCreate);

        Assert.Null(Assert.Single(account.Vers.Vms.Left).Guest);
        await Until.True(() => Task.FromResult(account.Vers.Journal.Entries.Single().Outcome is { Done: 201, Replied: null }), Soon,
            "it is in the journal");
    }

    [Fact]
    public async Task A_label_can_be_set_and_answered_with_an_error()
    {
        await using var account = await VersAccount.Open();
        var vm = await account.Create();
        account.Vers.Faults.Next(Call.Label, new Effect.DoThenAnswer());

        Assert.Equal(500, await account.Claim(vm, "ada"));

        Assert.Equal("ada", account.Vers.Vms.Look(vm)!.Guest);
        var outcome = account.Vers.Journal.Entries[^1].Outcome!;
        Assert.Equal((200, 500, "ada"), (outcome.Done, outcome.Replied, outcome.Guest));
    }

    [Fact]
    public async Task A_label_can_fail_and_leave_its_vm_unclaimed()
    {
        await using var account = await VersAccount.Open();
        var vm = await account.Create();
        account.Vers.Faults.Always(Call.Label, new Effect.Answer(500));

        Assert.Equal(500, await account.Claim(vm, "ada"));
        Assert.Equal(500, await account.Claim(vm, "ada"));
        Assert.Null(account.Vers.Vms.Look(vm)!.Guest);

        account.Vers.Faults.Heal();
        Assert.Equal(200, await account.Claim(vm, "ada"));
    }

    [Fact]
    public async Task A_late_create_makes_its_vm_when_nobody_waits_for_it_any_more()
    {
        await using var account = await VersAccount.Open();
        account.Vers.Faults.Next(Call.Create, new Effect.DoLate(TimeSpan.FromMinutes(5)));
        using var patience = new CancellationTokenSource();

        var waiting = account.Call(HttpMethod.Post, "vm/from_commit", new { commit_id = account.Vers.Options.Commit }, patience.Token);
        await Until.True(() => Task.FromResult(account.Vers.Journal.Count(Call.Create) is 1), Soon, "the call is there");
        await patience.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
        Assert.Empty(account.Vers.Vms.All);

        await Until.True(() =>
        {
            account.Clock.Advance(TimeSpan.FromMinutes(5));
            return Task.FromResult(account.Vers.Vms.Left.Count is 1);
        }, Soon, "the VM is made");
    }

    [Fact]
    public async Task A_late_answer_comes_when_all_is_done()
    {
        await using var account = await VersAccount.Open();
        account.Vers.Faults.Next(Call.Create, new Effect.AnswerLate(TimeSpan.FromMinutes(5)));

        var waiting = account.Create();
        await Until.True(() => Task.FromResult(account.Vers.Journal.Entries is [{ Done: 201, Outcome: null }]), Soon, "it is done");
        var vm = Assert.Single(account.Vers.Vms.Left).Id;
        Assert.False(waiting.IsCompleted);

        await Until.True(() =>
        {
            account.Clock.Advance(TimeSpan.FromMinutes(5));
            return Task.FromResult(waiting.IsCompleted);
        }, Soon, "it is answered");
        Assert.Equal(vm, await waiting);
    }

    [Fact]
    public async Task A_late_destroy_of_a_booting_vm_happens_though_its_caller_is_gone()
    {
        await using var account = await VersAccount.Open(new() { BootDelay = TimeSpan.FromHours(1) });
        var vm = await account.Create();
        account.Vers.Faults.Next(Call.Destroy, new Effect.DoLate(TimeSpan.FromMinutes(5)));
        using var patience = new CancellationTokenSource();

        var waiting = account.Call(HttpMethod.Delete, $"vm/{vm}", cancel: patience.Token);
        await Until.True(() => Task.FromResult(account.Vers.Journal.Count(Call.Destroy) is 1), Soon, "the call is there");
        await patience.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);

        await Until.True(() =>
        {
            account.Clock.Advance(TimeSpan.FromMinutes(5));
            return Task.FromResult(account.Vers.Vms.Left.Count is 0);
        }, Soon, "the VM is destroyed");
        Assert.True(account.Vers.Vms.Look(vm)!.WasDestroyed);
    }

    [Fact]
    public async Task A_list_can_be_empty_or_lack_some()
    {
        await using var account = await VersAccount.Open(new() { Seed = 1 });
        for (var vm = 0; vm < 40; vm++)
            await account.Create();

        account.Vers.Faults.Next(Call.List, new Effect.EmptyList());
        account.Vers.Faults.Next(Call.List, new Effect.PartialList(0.5));

        Assert.Empty((await account.Get("vms")).Body!.AsArray());
        Assert.InRange((await account.Get("vms")).Body!.AsArray().Count, 1, 39);
        Assert.Equal(40, (await account.Get("vms")).Body!.AsArray().Count);
    }

    [Fact]
    public async Task A_vm_dies_by_itself_and_stays_in_the_list_as_dead()
    {
        await using var account = await VersAccount.Open();
        account.Vers.Faults.Next(Call.Create, new Effect.Die(TimeSpan.FromMinutes(1)));
        var vm = await account.CreateAndBoot();
        Assert.Equal("running", await account.State(vm));

        account.Clock.Advance(TimeSpan.FromMinutes(1));

        Assert.Equal("dead", await account.State(vm));
        Assert.Equal("dead", (await account.Get("vms")).Body![0]!["state"]!.GetValue<string>());
        Assert.Equal(200, await account.Destroy(vm));
    }

    [Fact]
    public async Task A_vm_vanishes_by_itself()
    {
        await using var account = await VersAccount.Open();
        var (first, second) = (await account.Create(), await account.CreateAndBoot());
        account.Vers.Faults.Next(Call.Status, new Effect.Vanish(TimeSpan.FromMinutes(1)));
        Assert.Equal("running", await account.State(first));

        account.Clock.Advance(TimeSpan.FromMinutes(1));
        account.Vers.Vms.Vanish(second);

        Assert.Empty((await account.Get("vms")).Body!.AsArray());
        Assert.Equal(404, await account.Destroy(first));
        Assert.Equal(404, (await account.Get($"vm/{second}/metadata")).Status);
        Assert.All(account.Vers.Vms.All, vm => Assert.True(vm is { State: null, WasDestroyed: false }));
    }

    [Fact]
    public async Task A_provider_that_is_down_breaks_every_connection_until_healed()
    {
        await using var account = await VersAccount.Open();
        account.Vers.Faults.Always(Call.List, new Effect.EmptyList());
        account.Vers.Faults.Down();

        await Assert.ThrowsAsync<HttpRequestException>(() => account.Get("vms"));
        await Assert.ThrowsAsync<HttpRequestException>(account.TryCreate);
        account.Vers.Faults.Heal();

        Assert.Equal(201, (await account.TryCreate()).Status);
        Assert.Single(account.Vers.Vms.All);
    }

    [Theory]
    [InlineData(401)]
    [InlineData(403)]
    public async Task A_key_can_stop_working(int status)
    {
        await using var account = await VersAccount.Open();
        account.Vers.Faults.RefuseKey(status);

        Assert.Equal(status, (await account.Get("vms")).Status);
    }

    [Fact]
    public async Task The_same_seed_injects_the_same_faults()
    {
        async Task<int[]> Run(int seed)
        {
            await using var account = await VersAccount.Open(new() { Seed = seed });
            account.Vers.Faults.Sometimes(0.5, Call.List, new Effect.Answer(500));
            var statuses = new List<int>();
            for (var call = 0; call < 32; call++)
                statuses.Add((await account.Get("vms")).Status);
            return [.. statuses];
        }

        var once = await Run(7);
        Assert.Contains(200, once);
        Assert.Contains(500, once);
        Assert.Equal(once, await Run(7));
        Assert.NotEqual(once, await Run(8));
    }

    [Fact]
    public async Task Faults_are_asked_for_explained_and_healed_over_http()
    {
        await using var account = await VersAccount.Open();
        var vm = await account.CreateAndBoot();
        var faults = account.Vers.FaultUrl;
        using var person = new HttpClient();

        var rule = JsonNode.Parse("""{ "call": "create", "times": 2, "effect": { "status": 503, "retry_after": 1.5, "do": "answer" } }""");
        using var added = await person.PostAsJsonAsync($"{faults}/rules", rule);
        Assert.Equal(HttpStatusCode.OK, added.StatusCode);
        Assert.Equal(503, (await account.TryCreate()).Status);
        var left = (await person.GetFromJsonAsync<JsonNode>(faults))!["rules"]!.AsArray().Single()!;
        Assert.Equal(1, left["times"]!.GetValue<int>());

        using var healed = await person.DeleteAsync(faults);
        Assert.Equal(201, (await account.TryCreate()).Status);

        using var killed = await person.PutAsJsonAsync($"{faults}/vms/{vm}/state", new { state = "dead" });
        Assert.Equal("dead", await account.State(vm));
        using var vanished = await person.DeleteAsync($"{faults}/vms/{vm}");
        Assert.Null((await person.GetFromJsonAsync<JsonNode>($"{faults}/vms"))!["vms"]![0]!["state"]);
        Assert.Equal(2, (await person.GetFromJsonAsync<JsonNode>($"{faults}/journal?last=2"))!.AsArray().Count);
    }

    [Theory]
    [InlineData("""{ "call": "create", "effect": { "do": "empty_list" } }""")]
    [InlineData("""{ "effect": { "do": "answer", "status": 200 } }""")]
    [InlineData("""{ "effect": { "do": "explode" } }""")]
    [InlineData("""{ "effect": { "do": "drop" }, "probability": 0 }""")]
    [InlineData("""{ "effect": { "do": "drop" }, "times": 0 }""")]
    [InlineData("""{ "times": 1 }""")]
    [InlineData("""{ "effect": null }""")]
    public async Task A_fault_that_makes_no_sense_is_refused(string rule)
    {
        await using var account = await VersAccount.Open();
        using var person = new HttpClient();

        using var refused = await person.PostAsJsonAsync($"{account.Vers.FaultUrl}/rules", JsonNode.Parse(rule));
        Assert.Equal(HttpStatusCode.BadRequest, refused.StatusCode);
        Assert.Empty(account.Vers.Faults.Rules);
    }

    [Fact]
    public async Task An_account_ends_while_calls_hang()
    {
        var account = await VersAccount.Open();
        account.Vers.Faults.Always(Call.List, new Effect.Hang());
        account.Vers.Faults.Always(Call.Create, new Effect.DoLate(TimeSpan.FromHours(1)));
        var (list, create) = (account.Get("vms"), account.TryCreate());
        await Until.True(() => Task.FromResult(account.Vers.Journal.Entries.Count is 2), Soon, "both hang");

        await account.Vers.DisposeAsync();

        await Assert.ThrowsAsync<HttpRequestException>(() => list);
        await Assert.ThrowsAsync<HttpRequestException>(() => create);
        account.Http.Dispose();
    }
}
