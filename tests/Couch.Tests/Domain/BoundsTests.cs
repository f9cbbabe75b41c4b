using System.Reflection;
using System.Text;
using System.Text.Json;
using Couch.Domain.Guests;
using Couch.Domain.Invites;
using Couch.Domain.Keys;
using Couch.Domain.Text;
using Couch.Domain.Values;
using Couch.Domain.Vms;
using Couch.Tests.Support;
using CsCheck;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Serialization;
using Xunit;

namespace Couch.Tests.Domain;

/// <summary>Values out of bounds cannot be made, whoever sends them.</summary>
public sealed class BoundsTests
{
    private static readonly DateTimeOffset Now = Some.Time.AddHours(1);

    [Fact]
    public void Whatever_is_reported_counters_are_numbers_that_every_reader_reads_and_never_go_down() =>
        Gen.Select(AnyReport.Gen, AnyReport.Gen).Sample((first, second) =>
        {
            var before = ResourceUsage.None.Raise(first);
            var after = before.Raise(second);
            Assert.All(Numbers(after), number => Assert.InRange(number, 0, Bounds.MostNumber));
            Assert.All(Numbers(before).Zip(Numbers(after)), pair => Assert.True(pair.First <= pair.Second));
            Assert.Equal(after, Some.Stored(after));
            // Said are exactly the fields that are passed over.
            var isUsable = ResourceUsage.None.Raise(second with { }) is var raised
                && Numbers(raised).Zip(Said(second)).All(pair => pair.Second is not { } said || said == pair.First);
            Assert.Equal(isUsable, second.Unusable().Count is 0);
        });

    [Fact]
    public void Whatever_is_reported_the_row_can_be_written_and_the_guest_can_end() =>
        AnyReport.Gen.Sample(report =>
        {
            var guest = Some.Guest(enforcement: Enforcement.Report).Report(report, Now).Guest;
            Assert.Equal(guest, Some.Stored(guest));
            var killed = Assert.IsType<EndOutcome.Ended>(guest.Kill(Now)).Guest;
            Assert.Equal(killed, Some.Stored(killed));
            var stopped = Some.Guest().Report(report, Now).Guest;
            Assert.Equal(stopped, Some.Stored(stopped));
        });

    [Fact]
    public void A_row_from_before_there_were_bounds_is_read_within_them()
    {
        var row = JsonSerializer.Serialize(Some.Guest(), CouchJson.Stored)
            .Replace("\"maxMemoryMB\":4096", "\"maxMemoryMB\":1e308", StringComparison.Ordinal)
            .Replace("\"maxTokenBudget\":50000000", $"\"maxTokenBudget\":{long.MaxValue}", StringComparison.Ordinal)
            .Replace("\"cpuSeconds\":0", "\"cpuSeconds\":1e400", StringComparison.Ordinal)
            .Replace("\"diskUsedGB\":0", "\"diskUsedGB\":-1", StringComparison.Ordinal)
            .Replace("\"networkEgressGB\":0", "\"networkEgressGB\":-0.0", StringComparison.Ordinal);

        var guest = JsonSerializer.Deserialize<Guest>(row, CouchJson.Stored)!;

        Assert.Equal((Bounds.MostNumber, Bounds.MostNumber), ((long)guest.ResourceLimits.MaxMemoryMB, guest.ResourceLimits.MaxTokenBudget));
        Assert.Equal(new() { CpuSeconds = Bounds.MostNumber }, guest.ResourceUsage);
        Assert.False(double.IsNegative(guest.ResourceUsage.NetworkEgressGB));
        Assert.Equal(guest, Some.Stored(guest));
    }

    [Theory]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    [InlineData(double.NegativeInfinity)]
    [InlineData(1e308)]
    [InlineData(-1)]
    [InlineData(0)]
    [InlineData(720.001)]
    public void Hours_that_cannot_be_are_refused(double hours)
    {
        Assert.Throws<OutOfBoundsException>(() => Some.Guest().Extend(hours, Now));
        Assert.Throws<OutOfBoundsException>(() => Invite.Create(Some.CreateInvite(Now, hours)));
        Assert.Throws<OutOfBoundsException>(() => Some.Invite(limits: ResourceLimits.Default with { MaxDurationHours = hours }));
    }

    [Theory]
    [InlineData("")]
    [InlineData(" \u00a0")]
    [InlineData("a\0b")]
    [InlineData("a\nb")]
    [InlineData("\u0085")]
    public void Text_that_no_database_keeps_is_refused(string text)
    {
        Assert.Throws<OutOfBoundsException>(() => Some.Guest().Activate(text, "http://vm", Now));
        Assert.Throws<OutOfBoundsException>(() => Some.Guest().Activate("vm", text, Now));
        Assert.Throws<OutOfBoundsException>(() => Some.Guest().Kill(Now, new() { Name = text }));
        Assert.Throws<OutOfBoundsException>(() => Some.Guest().Kill(Now, key: new() { KeyHash = text, BodyHash = "b" }));
        Assert.Throws<OutOfBoundsException>(() => Some.Invite().Revoke(Now, key: new() { KeyHash = text, BodyHash = "b" }));
        Assert.Throws<OutOfBoundsException>(() => Some.Guest().Report(new() { CpuSeconds = 1 }, Now, new() { Name = text }));
        Assert.Throws<OutOfBoundsException>(() => Some.Invite().Redeem(Some.Redeem(name: text), GuestId.New(Now, Some.Random), Now));
        Assert.Throws<OutOfBoundsException>(() => Invite.Create(Some.CreateInvite(Now) with { CreatedBy = text }));
        Assert.Throws<OutOfBoundsException>(() => new VmReport.Made(1, text, "http://vm").MustBeWithinBounds());
    }

    /// <summary>No attribute can have such text.</summary>
    [Fact]
    public void Halves_of_surrogate_pairs_are_refused_and_what_a_provider_says_of_them_is_kept_without()
    {
        foreach (var half in new[] { "half a pair: \ud83d", "half a pair: \udecb.", "\udecb\ud83d" })
            Text_that_no_database_keeps_is_refused(half);
        A_providers_words_are_kept_as_plain_text_on_one_line("half \ud83d pair", "half \ufffd pair");
        A_providers_words_are_kept_as_plain_text_on_one_line("\udecb", "\ufffd");
    }

    [Theory]
    [InlineData("no address")]
    [InlineData("vm.example")]
    [InlineData("http://")]
    public void An_endpoint_that_a_provider_gives_is_an_absolute_address(string endpoint) =>
        Assert.Throws<OutOfBoundsException>(() => new VmReport.Made(1, "vm", endpoint).MustBeWithinBounds());

    [Fact]
    public void Text_within_its_length_is_taken_and_a_character_more_is_not()
    {
        var most = string.Concat(Enumerable.Repeat("🛋", Bounds.MostName / 2));
        Assert.IsType<EndOutcome.Ended>(Some.Guest().Kill(Now, new() { Name = most }));
        Assert.Throws<OutOfBoundsException>(() => Some.Guest().Kill(Now, new() { Name = most + "x" }));
    }

    [Fact]
    public void Only_a_guest_without_a_past_arrives_and_only_under_its_own_id()
    {
        var guest = Some.Guest();
        guest.MustBeArriving(guest.Id.Value);
        foreach (var wrong in new Guest[]
        {
            guest with { Id = GuestId.New(Now, Some.Random) },
            guest with { Id = default },
            guest with { InviteId = default },
            guest with { Name = new string('x', 10_000_000) },
            guest with { PublicKey = "ssh-ed25519 AAAA\nssh-rsa BBBB" },
            guest with { ResourceLimits = null! },
            guest with { ResourceLimits = ResourceLimits.Default with { MaxCpuCores = 2000 } },
            guest with { ExpiresAt = DateTimeOffset.MaxValue },
            guest with { Status = GuestStatus.Running, VmId = "payroll-db", AgentEndpoint = "http://vm" },
            guest with { Vm = new() { State = VmState.Ready, Id = "payroll-db" } },
            guest with { ResourceUsage = new() { CpuSeconds = 1 } },
            guest with { KilledWith = Actor.Configured },
            guest with { Enforcement = (Enforcement)7 },
        })
            Assert.Throws<OutOfBoundsException>(() => wrong.MustBeArriving(guest.Id.Value));
    }

    [Theory]
    [InlineData("7ZZZZZZZZZZZZZZZZZZZZZZZZZ", false)]
    [InlineData("76EZ91ZPZZ0000000000000000", false)]
    [InlineData("01KAS48W7V0123456789ABCDEF", true)]
    [InlineData("01KAS48W7V0123456789ABCDEf", false)]
    [InlineData(null, false)]
    public void An_id_has_a_moment_that_can_be_reckoned_with(string? text, bool isId)
    {
        Assert.Equal(isId, GuestId.TryParse(text, out var guest));
        if (isId)
            Assert.True(guest.CreatedAt.AddHours(HostKey.MostHours) > guest.CreatedAt);
    }

    [Theory]
    [InlineData("500: no such commit", "500: no such commit")]
    [InlineData("a\0b\nc\u0085d", "a b c d")]
    [InlineData("un\u202egpj.exe\u2069", "un gpj.exe ")]
    [InlineData("line\u2028line", "line line")]
    [InlineData("a couch: 🛋", "a couch: 🛋")]
    [InlineData("", "")]
    [InlineData(null, null)]
    public void A_providers_words_are_kept_as_plain_text_on_one_line(string? words, string? kept)
    {
        Assert.Equal(kept, ForeignText.Plain(words));
        Assert.Equal(kept, new Vm { LastError = words }.LastError);
        Assert.Equal(kept, (Some.Guest() with { EndDetail = words }).EndDetail);
    }

    [Fact]
    public void Whatever_a_provider_says_is_kept_so_that_it_can_be_written_and_read_again() =>
        Gen.Char.Array[0, 1500].Sample(letters =>
        {
            var kept = ForeignText.Plain(new string(letters));
            Assert.InRange(kept.Length, 0, ForeignText.Most);
            Assert.Equal(kept, ForeignText.Plain(kept));
            Assert.Equal(kept, Encoding.UTF8.GetString(new UTF8Encoding(false, throwOnInvalidBytes: true).GetBytes(kept)));
            Assert.DoesNotContain(kept, char.IsControl);
        });

    [Fact]
    public void A_providers_words_are_cut_between_characters() =>
        Assert.Equal(new string('x', ForeignText.Most - 2) + "…", ForeignText.Plain(new string('x', ForeignText.Most - 2) + "🛋🛋"));

    /// <summary>Another silo's bytes, which no constructor and no initializer of ours has seen.</summary>
    [Fact]
    public void What_comes_by_wire_is_refused_or_passed_over_as_what_is_made_here_is()
    {
        using var services = new ServiceCollection().AddSerializer().BuildServiceProvider();
        var serializer = services.GetRequiredService<Serializer>();

        var report = Received(new UsageReport { CpuSeconds = double.NaN, MemoryPeakMB = double.PositiveInfinity });
        Assert.Equal(["cpuSeconds", "memoryPeakMB"], report.Unusable());
        Assert.Equal(ResourceUsage.None, ResourceUsage.None.Raise(report));

        var forged = ResourceLimits.Default with { };
        typeof(ResourceLimits).GetField("<MaxMemoryMB>k__BackingField", BindingFlags.Instance | BindingFlags.NonPublic)!.SetValue(
            forged, double.PositiveInfinity);
        var limits = Received(forged);
        // Orleans' codec sets fields, so this is what the commands' own checks are for.
        Assert.Equal(double.PositiveInfinity, limits.MaxMemoryMB);
        Assert.Throws<OutOfBoundsException>(() => Invite.Create(Some.CreateInvite(Now) with { ResourceLimits = limits }));
        var guest = Some.Guest() with { ResourceLimits = limits };
        Assert.Throws<OutOfBoundsException>(() => guest.MustBeArriving(guest.Id.Value));

        T Received<T>(T sent) => serializer.Deserialize<T>(serializer.SerializeToArray(sent))!;
    }

    private static double[] Numbers(ResourceUsage usage) =>
        [usage.CpuSeconds, usage.MemoryPeakMB, usage.DiskUsedGB, usage.NetworkEgressGB, usage.TokensUsed, usage.UptimeSeconds];

    private static double?[] Said(UsageReport report) =>
        [report.CpuSeconds, report.MemoryPeakMB, report.DiskUsedGB, report.NetworkEgressGB, report.TokensUsed, report.UptimeSeconds];
}
