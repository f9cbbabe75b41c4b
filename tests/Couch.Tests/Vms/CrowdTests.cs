using System.Diagnostics;
using Couch.Cluster;
using Couch.Cluster.Housekeeping;
using Couch.Tests.Support;
using Couch.VersSimulator;
using Couch.VersSimulator.Calls;
using Couch.VersSimulator.Faults;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace Couch.Tests.Vms;

/// <summary>Five hundred guests at once, and a provider that fails at three calls of ten.</summary>
public sealed class CrowdTests
{
    private const int Guests = 500;
    private static readonly TimeSpan Bound = TimeSpan.FromMinutes(2);

    [Fact]
    public async Task Of_500_redeems_every_guest_runs_or_is_stopped_honestly_nothing_leaks_and_every_poll_is_answered()
    {
        var clock = new LaterClock();
        await using var vers = await SimulatedVers.Start(new() { BootDelay = TimeSpan.FromMilliseconds(50) });
        await using var couch = await CouchHost.Start(
            builder => builder.Services.AddSingleton<TimeProvider>(clock),
            [.. NodeSettings.Of(vers).AsArguments(), "--COUCH_VERS_DEDICATED=true", "--COUCH_VM_ATTEMPTS=3"]);
        // Each strikes at a ninth of the calls that the others let through: three of ten together.
        foreach (var effect in new Effect[] { new Effect.Answer(500), new Effect.Drop(), new Effect.LoseReply() })
            vers.Faults.Sometimes(0.112, Call.Any, effect);

        var invites = new List<Answer>();
        for (var i = 0; i < Guests; i++)
            invites.Add(await couch.Anyone.Invite());
        var stays = await Task.WhenAll(invites.Select(invite => couch.Anyone.Redeem(invite)));
        Assert.All(stays, stay => stay.Is(201));

        var slowest = TimeSpan.Zero;
        await Until.True(async () => (await Poll()).All(word => word is not "provisioning"), Bound, "every guest runs or is stopped");
        var words = await Poll();
        Assert.All(words, word => Assert.True(word is "running" or "stopped: provisioning-failed", word));
        Assert.InRange(words.Count(word => word is "running"), Guests * 8 / 10, Guests);
        Assert.Equal(1, vers.Vms.MostClaimedByOneGuest);
        Assert.InRange(slowest, TimeSpan.Zero, TimeSpan.FromSeconds(5));

        foreach (var (stay, word) in stays.Zip(words).Where(one => one.Second is "running"))
            (await couch.Anyone.Delete($"/couch/guests/{stay["guestId"]}")).Is(200);
        await Until.True(() => Task.FromResult(vers.Vms.Left.All(vm => vm.Guest is null)), Bound, "every claimed VM is destroyed");
        clock.Later = TimeSpan.FromMinutes(3);
        var housekeeping = couch.App.Services.GetRequiredService<IGrainFactory>().GetGrain<IHousekeepingGrain>(IHousekeepingGrain.Key);
        await Until.True(
            async () =>
            {
                await housekeeping.SweepVms();
                return vers.Vms.Left.Count is 0;
            },
            Bound, "what no reply told of is swept");

        async Task<string[]> Poll() => await Task.WhenAll(stays.Select(async stay =>
        {
            var began = Stopwatch.GetTimestamp();
            var answer = await couch.Anyone.Get($"/couch/status?token={stay["authToken"]}");
            var took = Stopwatch.GetElapsedTime(began);
            slowest = took > slowest ? took : slowest;
            return answer.Status is 200 ? answer["status"]! : $"{answer.Refuses(404)["guestStatus"]}: {answer["endReason"]}";
        }));
    }

    /// <summary>The real clock, set ahead by whatever a test says.</summary>
    private sealed class LaterClock : TimeProvider
    {
        public TimeSpan Later { get; set; }

        public override DateTimeOffset GetUtcNow() => System.GetUtcNow() + Later;
    }
}
