using System.Net.Http.Json;
using System.Text;
using Couch.Domain.Guests;
using Couch.Domain.Values;
using Couch.Tests.Support;
using Couch.VersSimulator;
using Couch.VersSimulator.Calls;
using CsCheck;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace Couch.Tests.Vms;

/// <summary>
/// A guest is root in its VM and forges what is measured there, or a meter lies: it ends all the same, and its VM with it.
/// </summary>
public sealed class ForgedUsageTests
{
    private const string Stat = "/proc/stat";
    private static readonly string[] Measured = [Stat, "/proc/meminfo", "/proc/net/dev", "/proc/uptime"];
    private static readonly TimeSpan Every = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(30);
    private static readonly string FourHundredDigits = new('9', 400);

    /// <summary>How a stay can end.</summary>
    public enum End
    {
        Kill,
        CheckOut,
        Expiry,
    }

    public static TheoryData<End> Ends => [.. Enum.GetValues<End>()];

    private static readonly Gen<string> Number = Gen.Frequency(
        (2, Gen.Int[0, 10].Select(which => new[] { "0", "-1", "NaN", "∞", "1e308", "Infinity", FourHundredDigits, "-" + FourHundredDigits,
            "9007199254740992", ".", "" }[which])),
        (1, Gen.ULong.Select(number => $"{number}")));

    /// <summary>Text in the kernel's layout with any numbers in it, and text in none.</summary>
    private static readonly Gen<string[]> Figures = Gen.Select(Number.Array[20], Gen.Int[0, 9], (n, which) => which is 0
        ? ["", "\0", n[0], string.Join('\n', n)]
        : new[]
        {
            $"cpu  {n[0]} {n[1]} {n[2]} {n[3]} 0 {n[4]} {n[5]} 0 0 0\n",
            $"MemTotal: {n[6]} kB\nMemAvailable: {n[7]} kB\n",
            $"eth0: 0 0 0 0 0 0 0 0 {n[8]} 0 0 0 0 0 0 0\neth1: 0 0 0 0 0 0 0 0 {n[9]} 0 0 0 0 0 0 0\n",
            $"{n[10]} {n[11]}\n",
        });

    [Theory]
    [MemberData(nameof(Ends))]
    public async Task A_counter_of_400_digits_keeps_no_guest_from_its_end(End end)
    {
        await using var couch = await Start();
        var guest = await ARunningGuest(couch);
        await Forge(couch, guest, Stat, $"cpu  {FourHundredDigits} 0 0 0 0 0 0 0 0 0\n");
        await IsMeasured(couch, guest);
        // What else the VM tells is taken in.
        await Until.True(async () => (await couch.Guest(guest.Id).Get())!.ResourceUsage.MemoryPeakMB > 0, Soon, "the rest is measured");
        Assert.Equal(0, (await couch.Guest(guest.Id).Get())!.ResourceUsage.CpuSeconds);

        await IsEnded(couch, guest, end);
    }

    [Fact]
    public async Task Over_http_a_kill_answers_200_whatever_the_guest_has_forged()
    {
        await using var vers = await SimulatedVers.Start(new() { BootDelay = TimeSpan.Zero });
        await using var couch = await CouchHost.Start(
            [.. NodeSettings.Of(vers).AsArguments(), "--COUCH_VERS_METER=true", "--COUCH_METER_SECONDS=1"]);
        var stay = (await couch.Anyone.Arrive()).Is(201);
        await Until.True(
            async () => (await couch.Anyone.Get($"/couch/status?token={stay["authToken"]}"))["status"] is "running", Soon, "it runs");
        using var meters = new MeterReading(couch.App.Services.GetRequiredService<System.Diagnostics.Metrics.IMeterFactory>());
        using var http = new HttpClient();
        http.DefaultRequestHeaders.Authorization = new("Bearer", vers.Options.Key);
        var forged = new { path = Stat, content_b64 = Encoding.UTF8.GetBytes($"cpu  {FourHundredDigits} 0 0 0 0 0 0 0 0 0\n"),
            create_dirs = true };
        (await http.PutAsJsonAsync(new Uri($"{vers.Url}/vm/{vers.Vms.Left.Single().Id}/files"), forged,
            TestCouch.Cancel)).EnsureSuccessStatusCode();
        await Until.True(() => Task.FromResult(meters.Sum("couch.usage.dropped") > 0), Soon, "the counter is dropped and counted");

        Assert.Equal("revoked", (await couch.Anyone.Delete($"/couch/guests/{stay["guestId"]}")).Is(200)["status"]);
        await Until.True(
            async () => (await couch.Anyone.Get($"/couch/guests/{stay["guestId"]}")).Is(200).Json["vm"]!["destroyedAt"] is not null,
            Soon, "the receipt");
        Assert.Empty(vers.Vms.Left);
    }

    [Fact]
    public async Task Whatever_is_reported_the_guest_ends_and_its_vm_is_destroyed()
    {
        await using var couch = await Start();
        await Gen.Select(AnyReport.Gen.Array[1, 4], Gen.Int[0, 1]).SampleAsync(
            async (reports, end) =>
            {
                var guest = await ARunningGuest(couch);
                foreach (var report in reports)
                    Assert.IsType<UsageOutcome.Recorded>(await couch.Guest(guest.Id).Report(report));
                await IsEnded(couch, guest, (End)end);
            },
            iter: Length.Of(25, 500),
            threads: 1);
    }

    [Fact]
    public async Task Whatever_a_vm_tells_of_itself_the_guest_ends_and_its_vm_is_destroyed()
    {
        await using var couch = await Start();
        await Gen.Select(Figures, Gen.Int[0, 2]).SampleAsync(
            async (figures, end) =>
            {
                var guest = await ARunningGuest(couch);
                foreach (var (path, text) in Measured.Zip(figures))
                    await Forge(couch, guest, path, text);
                await IsMeasured(couch, guest);
                await IsEnded(couch, guest, (End)end);
                Assert.All(Numbers((await couch.Row(guest.Id))!.ResourceUsage), number => Assert.InRange(number, 0, Bounds.MostNumber));
            },
            iter: Length.Of(15, 300),
            threads: 1);
    }

    private static Task<VmCouch> Start() => VmCouch.Start(vers => vers with { IsMetered = true }, new() { MeasureEvery = Every });

    /// <summary>One that no limit stops.</summary>
    private static async Task<Guest> ARunningGuest(VmCouch couch)
    {
        var id = (await couch.AGuest(ResourceLimits.Default with { MaxDurationHours = 1 }, Enforcement.Report)).Id;
        await couch.BecomesTrue(id, guest => guest.Status is GuestStatus.Running, "it runs");
        return (await couch.Row(id))!;
    }

    private static Task Forge(VmCouch couch, Guest guest, string path, string text) =>
        couch.At.Api.WriteFile(guest.VmId!, path, Encoding.UTF8.GetBytes(text), 0b110_100_100, TestCouch.Cancel);

    private static async Task IsMeasured(VmCouch couch, Guest guest)
    {
        var before = Count();
        couch.Clock.Advance(Every);
        await Until.True(() => Task.FromResult(Count() > before), Soon, "it is measured");

        int Count() => couch.At.Vers.Journal.Entries.Count(
            entry => entry.Call is Call.Exec && entry.Path.Contains(guest.VmId!, StringComparison.Ordinal) && entry.Outcome is not null);
    }

    private static async Task IsEnded(VmCouch couch, Guest guest, End end)
    {
        switch (end)
        {
            case End.Kill:
                Assert.IsType<EndOutcome.Ended>(await couch.Guest(guest.Id).Kill());
                break;
            case End.CheckOut:
                Assert.IsType<EndOutcome.Ended>(await couch.Guest(guest.Id).CheckOut());
                break;
            case End.Expiry:
                couch.Clock.Advance(guest.ExpiresAt - couch.Clock.GetUtcNow());
                await couch.Guest(guest.Id).Settle();
                break;
        }

        await couch.BecomesTrue(guest.Id, row => !row.IsStaying && row.Vm.DestroyedAt is not null, "it has ended, with the receipt");
        Assert.DoesNotContain(guest.VmId, couch.Left);
        var status = (await couch.Row(guest.Id))!.Status;
        Assert.Equal(end switch { End.Kill => GuestStatus.Revoked, End.CheckOut => GuestStatus.Stopped, _ => GuestStatus.Expired }, status);
    }

    private static double[] Numbers(ResourceUsage usage) =>
        [usage.CpuSeconds, usage.MemoryPeakMB, usage.DiskUsedGB, usage.NetworkEgressGB, usage.TokensUsed, usage.UptimeSeconds];
}
