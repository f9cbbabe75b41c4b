using System.Buffers.Binary;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Couch.Tests.Support;
using Couch.Tests.Vms;
using Couch.VersSimulator;
using Couch.VersSimulator.Calls;
using Couch.VersSimulator.Faults;
using Couch.VersSimulator.Vms;
using Xunit;
using VmState = Couch.Domain.Vms.VmState;

namespace Couch.Tests.Crashes;

/// <summary>
/// A SIGKILL after any step of a VM's life. Each guest is held at a step of its own, one kill strikes them all, and what
/// the provider had not done by then it does long after: when nobody counts on it any more.
/// </summary>
public abstract class VmCrashTests(CrashableCouch home) : IAsyncLifetime
{
    /// <summary>By the provider's clock, which only the test moves.</summary>
    private static readonly TimeSpan Late = TimeSpan.FromSeconds(1);

    /// <summary>What was lost begins anew as the couch starts: no reminder comes to its help so soon.</summary>
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(20);

    private readonly WatchedClock providerClock = new(TimeProvider.System.GetUtcNow());
    private readonly string publicKey = AKey();
    private SimulatedVers vers = null!;
    private CouchProcess couch = null!;

    public async ValueTask InitializeAsync()
    {
        await home.InitializeAsync();
        vers = await SimulatedVers.Start(new() { BootDelay = TimeSpan.Zero, Clock = providerClock });
        couch = await home.Start(new(NodeSettings.Of(vers)) { ["COUCH_VERS_DEDICATED"] = "true", ["CLOCK_SKEW"] = "180" });
        // The check at start, and housekeeping's first look: the next list but a guest's is a minute away.
        await Until.True(() => Task.FromResult(vers.Journal.Count(Call.List) >= 2), Soon, "the couch has looked around");
    }

    public async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        await couch.DisposeAsync();
        await home.DisposeAsync();
        await vers.DisposeAsync();
    }

    [Fact]
    public async Task A_kill_after_any_step_of_provisioning_costs_a_guest_a_wait_at_most_leaves_it_one_vm_and_an_ended_guest_none()
    {
        var (staying, ended, held) = (new List<string>(), new List<string>(), new List<Func<Task>>());
        foreach (var step in Step.Provisioning)
        {
            var isHeld = step.Hold(vers, Late);
            staying.Add(await Redeem());
            await isHeld();
            held.Add(isHeld);

            isHeld = step.Hold(vers, Late);
            ended.Add(await Redeem());
            await isHeld();
            await End(ended[^1]);
        }

        vers.Faults.Next(Call.Create, new Effect.Answer(503));
        var isLookedFor = Step.Retry.Hold(vers, Late);
        staying.Add(await Redeem());
        await isLookedFor();
        staying.Add(await Redeem());
        await IsRunning(staying[^1]);

        foreach (var isStillHeld in held)
            await isStillHeld();
        staying.Add(await KilledAndStartedBeforeArrival());

        foreach (var guest in staying.Concat(ended))
            await IsSettledOrDoubted(guest);
        // Past what a list may be behind.
        await couch.KillHard();
        await couch.StartAgain(CouchProcess.Skewed);
        foreach (var guest in staying)
            await HasItsOneVm(guest);
        foreach (var guest in ended)
            await HasReceipt(guest);

        await DoWhatWasHeld();
        // Past the grace.
        await couch.KillHard();
        await couch.StartAgain(CouchProcess.Skewed);
        await Until.True(() => Task.FromResult(vers.Vms.Left.Count == staying.Count), Soon, "what nobody claims is swept");
        foreach (var guest in staying)
        {
            await HasItsOneVm(guest);
            await End(guest);
            await Until.True(() => Task.FromResult(!ClaimedBy(guest).Any()), Soon, $"the VM of guest {guest} is destroyed");
            if ((await home.VmInTable(guest))!.Unaccounted is 0)
                await HasReceipt(guest);
        }

        Assert.Empty(vers.Vms.Left);
    }

    [Fact]
    public async Task A_kill_after_any_step_of_destruction_leaves_nothing_of_an_ended_guest_and_another_as_it_was()
    {
        var staying = await Redeem();
        await IsRunning(staying);
        var (ended, held) = (new List<string>(), new List<Func<Task>>());
        foreach (var step in Step.Destruction)
        {
            ended.Add(await Redeem());
            await IsRunning(ended[^1]);
            held.Add(step.Hold(vers, Late));
            await End(ended[^1]);
            await held[^1]();
        }

        foreach (var isStillHeld in held)
            await isStillHeld();
        await couch.KillHard();
        await couch.StartAgain();

        foreach (var guest in ended)
            await HasReceipt(guest);
        await DoWhatWasHeld();
        await HasItsOneVm(staying);
        await End(staying);
        await HasReceipt(staying);
        Assert.Empty(vers.Vms.Left);
    }

    private async Task<string> Redeem()
    {
        var invite = await couch.Post("/couch/invites", new { createdBy = "noah" });
        return (string)(await couch.Post("/couch/redeem", new { code = (string)invite["code"]!, name = "guest", publicKey }))["guestId"]!;
    }

    /// <summary>The kill finds one more guest whose invite is redeemed, and whose own row is not written.</summary>
    private async Task<string> KilledAndStartedBeforeArrival()
    {
        var invite = await couch.Post("/couch/invites", new { createdBy = "noah" });
        await using (await home.HoldBackGuests())
        {
            var redeem = couch.Http.PostAsJsonAsync("/couch/redeem", new { code = (string)invite["code"]!, name = "guest", publicKey });
            await Until.True(
                async () => await home.StatusInTable("invite", (string)invite["id"]!) is "redeemed", Soon, "the invite is written");
            await couch.KillHard();
            await Assert.ThrowsAnyAsync<Exception>(async () => (await redeem).EnsureSuccessStatusCode());
        }

        await couch.StartAgain();
        return (string)(await couch.Get($"/couch/invites/{invite["id"]}"))["guestId"]!;
    }

    private async Task End(string guest) =>
        (await couch.Http.DeleteAsync(new Uri($"/couch/guests/{guest}", UriKind.Relative))).EnsureSuccessStatusCode();

    /// <summary>As the table has it: to ask the guest itself would wake it.</summary>
    private async Task<JsonNode> Guest(string guest) =>
        (await couch.Get("/couch/guests"))["guests"]!.AsArray().SingleOrDefault(row => (string?)row!["id"] == guest) ?? new JsonObject();

    private IEnumerable<VmView> ClaimedBy(string guest) => vers.Vms.Left.Where(vm => vm.Guest == guest);

    private Task IsRunning(string guest) =>
        Until.True(async () => (string?)(await Guest(guest))["status"] is "running", Soon, $"guest {guest} runs");

    private async Task HasItsOneVm(string guest)
    {
        await IsRunning(guest);
        var vm = Assert.Single(ClaimedBy(guest));
        Assert.Equal((string?)(await Guest(guest))["vmId"], $"{vm.Id}");
        Assert.Equal((20 * 1024, publicKey), (vm.DiskMib, vm.Files["/root/.ssh/authorized_keys"].Trim()));
    }

    /// <summary>Nothing is under way any more, or nobody knows what a lost create came to, and nothing of it is shown so far.</summary>
    private Task IsSettledOrDoubted(string guest) => Until.True(
        async () => await home.VmInTable(guest) is { State: VmState.Ready } or { DestroyedAt: not null } or { Unaccounted: > 0,
            CleanSince: not null },
        Soon, $"guest {guest} has been looked after");

    private async Task HasReceipt(string guest)
    {
        await Until.True(async () => (await Guest(guest))["vm"]?["destroyedAt"] is not null, Soon, $"guest {guest} has its receipt");
        Assert.Equal("revoked", (string?)(await Guest(guest))["status"]);
        Assert.Empty(ClaimedBy(guest));
    }

    /// <summary>Nothing was left to be held, everything that was held is done, and no guest has ever had two VMs until then.</summary>
    private async Task DoWhatWasHeld()
    {
        Assert.Empty(vers.Faults.Rules);
        Assert.Equal(1, vers.Vms.MostClaimedByOneGuest);
        providerClock.Advance(Late);
        await Until.True(
            () => Task.FromResult(vers.Journal.Entries.All(entry => entry.Outcome is not null)), Soon, "what was held is done");
    }

    /// <summary>One OpenSSH public key.</summary>
    private static string AKey()
    {
        const string algorithm = "ssh-ed25519";
        var blob = new byte[sizeof(int) + algorithm.Length + sizeof(int) + 32];
        BinaryPrimitives.WriteInt32BigEndian(blob, algorithm.Length);
        System.Text.Encoding.ASCII.GetBytes(algorithm, blob.AsSpan(sizeof(int)));
        BinaryPrimitives.WriteInt32BigEndian(blob.AsSpan(sizeof(int) + algorithm.Length), 32);
        RandomNumberGenerator.Fill(blob.AsSpan(^32..));
        return $"{algorithm} {Convert.ToBase64String(blob)} guest@example";
    }
}

public sealed class VmCrashesOnSqlite() : VmCrashTests(new CrashableSqlite());

public sealed class VmCrashesOnPostgres() : VmCrashTests(new CrashablePostgres());
