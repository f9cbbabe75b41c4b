using System.Reflection;
using System.Text.Json;
using Couch.Domain.Bulk;
using Couch.Domain.Guests;
using Couch.Domain.Invites;
using Couch.Domain.Keys;
using Couch.Domain.Text;
using Couch.Domain.Vms;
using Couch.Domain.Webhooks;
using Couch.Tests.Support;
using Xunit;

namespace Couch.Tests.Domain;

/// <summary>What crosses silos and what lies in the table is a promise to the version before and the one after.</summary>
public sealed class ContractTests
{
    [Fact]
    public void Enum_values_and_their_words_never_change()
    {
        Assert.Equal("Active=0 active, Redeemed=1 redeemed, Revoked=2 revoked, Expired=3 expired", Pinned<InviteStatus>());
        Assert.Equal("Provisioning=0 provisioning, Running=1 running, Stopped=2 stopped, Expired=3 expired, Revoked=4 revoked",
            Pinned<GuestStatus>());
        Assert.Equal(
            "Invites=0 invites, Guests=1 guests, Meter=2 meter, Keys=3 keys, Vms=4 vms, Events=5 events, Webhooks=6 webhooks",
            Pinned<KeyScope>());
        Assert.Equal("Active=0 active, Failing=1 failing, Parked=2 parked", Pinned<WebhookState>());
        Assert.Equal("KillGuests=0 kill-guests, RevokeInvites=1 revoke-invites", Pinned<BulkAction>());
        Assert.Equal("Stop=0 stop, Report=1 report", Pinned<Enforcement>());
        Assert.Equal(
            "Expired=0 expired, Killed=1 killed, LimitsExceeded=2 limits-exceeded, ProvisioningFailed=3 provisioning-failed, VmLost=4 "
                + "vm-lost, CheckedOut=5 checked-out",
            Pinned<EndReason>());
        Assert.Equal("None=0 none, Requested=1 requested, Booting=2 booting, Ready=3 ready, Destroying=4 destroying, Destroyed=5 "
            + "destroyed, Lost=6 lost, Left=7 left", Pinned<VmState>());
        Assert.Equal("Make=0 make, Find=1 find", Pinned<VmTry>());
        Assert.Equal("ManyVanished=0 many-vanished, UnknownGuests=1 unknown-guests, SharedAccount=2 shared-account", Pinned<SafetyHold>());
    }

    [Fact]
    public void Everything_that_crosses_silos_has_an_alias_of_its_own_and_numbered_members()
    {
        var types = typeof(Invite).Assembly.GetTypes()
            .Where(type => type.GetCustomAttribute<GenerateSerializerAttribute>(inherit: false) is not null).ToList();
        Assert.All(types, type => Assert.NotNull(type.GetCustomAttribute<AliasAttribute>(inherit: false)));
        Assert.Distinct(types.Select(type => type.GetCustomAttribute<AliasAttribute>(inherit: false)!.Alias));
    }

    [Theory]
    [InlineData(typeof(Invite), "Id CreatedBy Label ResourceLimits Permissions Enforcement Status ExpiresAt Redemption CreatedWith "
        + "RevokedWith RevokedAt RevokedUnder CreatedUnder")]
    [InlineData(typeof(Redemption), "GuestId GuestName PublicKey Idempotency")]
    [InlineData(typeof(Idempotency), "KeyHash BodyHash")]
    [InlineData(typeof(CreateInvite), "Id CreatedBy Label ResourceLimits Permissions Enforcement ExpiresInHours By Under OpenFrom")]
    [InlineData(typeof(RedeemInvite), "GuestName PublicKey Idempotency")]
    [InlineData(typeof(ResourceLimits), "MaxCpuCores MaxMemoryMB MaxDiskGB MaxNetworkEgressGB MaxDurationHours MaxTokenBudget")]
    [InlineData(typeof(Permissions), "CanAccessInternet CanSpawnSubAgents CanAccessHostServices")]
    [InlineData(typeof(ResourceUsage), "CpuSeconds MemoryPeakMB DiskUsedGB NetworkEgressGB TokensUsed UptimeSeconds")]
    [InlineData(typeof(UsageReport), "CpuSeconds MemoryPeakMB DiskUsedGB NetworkEgressGB TokensUsed UptimeSeconds")]
    [InlineData(
        typeof(Guest),
        "Id InviteId Name PublicKey Status VmId AgentEndpoint ResourceLimits Permissions Enforcement ResourceUsage ExpiresAt StoppedAt "
            + "EndReason EndDetail Vm ActivatedWith ExtendedWith KilledWith EndedWith GiverMayDestroy KilledUnder has 23")]
    [InlineData(
        typeof(Vm),
        "Host State RequestedAt ReadyAt DestroyRequestedAt DestroyedAt Attempts LastError Id Endpoint FailedReleases NotBefore "
            + "MissingSince Unaccounted CleanSince Condemned UnderWay")]
    [InlineData(typeof(HostKey), "Id Name Scopes CreatedWith ExpiresAt RevokedAt RevokedWith")]
    [InlineData(typeof(KeyScopes), "Invites Guests Meter Keys Vms Events Webhooks")]
    [InlineData(typeof(Actor), "KeyId Name")]
    [InlineData(
        typeof(Webhook), "Id Url Types Description CreatedWith DeliveredId State FailingSince LastError NextAttemptAt Failures")]
    [InlineData(typeof(BulkOrder), "Id Action Scope By Batch After Done DoneBefore AlreadyEnded NotFound Unreadable FinishedAt Until")]
    [InlineData(typeof(BulkScope), "Ids CreatedBy Label")]
    public void Members_keep_their_numbers(Type type, string members)
    {
        var numbered = type.GetProperties()
            .Select(property => (property.Name, Id: property.GetCustomAttribute<IdAttribute>()?.Id))
            .Where(member => member.Id is not null)
            .OrderBy(member => member.Id)
            .Select((member, index) => member.Id == index ? member.Name : $"{member.Name} has {member.Id}");
        Assert.Equal(members, string.Join(' ', numbered));
    }

    [Fact]
    public void An_invites_row_is_spelled_as_the_generated_columns_and_the_version_before_read_it()
    {
        var id = "01KAS48W7V0123456789ABCDEF";
        const string row =
            """{"id":"01KAS48W7V0123456789ABCDEF","createdBy":"noah","label":"test","resourceLimits":{"maxCpuCores":2,"maxMemoryMB":4096,"maxDiskGB":20,"maxNetworkEgressGB":10,"maxDurationHours":72,"maxTokenBudget":50000000},"permissions":{"canAccessInternet":true,"canSpawnSubAgents":false,"canAccessHostServices":false},"enforcement":"stop","status":"redeemed","expiresAt":"2026-11-24T12:00:00.123Z","redemption":{"guestId":"01KAS48W7V0123456789ABCDEF","guestName":"guest-1","publicKey":"ssh-ed25519 AAAA","idempotency":{"keyHash":"k","bodyHash":"b"}}}""";
        Assert.True(InviteId.TryParse(id, out var inviteId) & GuestId.TryParse(id, out var guestId));
        var invite = Some.Invite() with
        {
            Id = inviteId,
            Status = InviteStatus.Redeemed,
            ExpiresAt = Some.Time.AddHours(24),
            Redemption = new() { GuestId = guestId, GuestName = "guest-1", PublicKey = "ssh-ed25519 AAAA",
                Idempotency = new() { KeyHash = "k", BodyHash = "b" } },
        };
        Assert.Equal(row, JsonSerializer.Serialize(invite, CouchJson.Stored));
        Assert.Equal(invite, JsonSerializer.Deserialize<Invite>(row, CouchJson.Stored));
    }

    [Fact]
    public void A_guests_row_is_spelled_as_the_generated_columns_and_the_version_before_read_it()
    {
        var id = "01KAS48W7V0123456789ABCDEF";
        const string row =
            """{"id":"01KAS48W7V0123456789ABCDEF","inviteId":"01KAS48W7V0123456789ABCDEF","name":"guest-1","status":"stopped","vmId":"vm-1","agentEndpoint":"http://vm","resourceLimits":{"maxCpuCores":2,"maxMemoryMB":4096,"maxDiskGB":20,"maxNetworkEgressGB":10,"maxDurationHours":72,"maxTokenBudget":50000000},"permissions":{"canAccessInternet":true,"canSpawnSubAgents":false,"canAccessHostServices":false},"enforcement":"report","resourceUsage":{"cpuSeconds":1.5,"memoryPeakMB":0,"diskUsedGB":0,"networkEgressGB":0,"tokensUsed":7,"uptimeSeconds":0},"expiresAt":"2026-11-26T12:00:00.123Z","stoppedAt":"2026-11-23T12:00:00.123Z","endReason":"checked-out","endDetail":"bye","vm":{"host":"docker","state":"destroyed","requestedAt":"2026-11-23T12:00:00.123Z","attempts":2,"id":"vm-1","failedReleases":0,"unaccounted":1,"cleanSince":"2026-11-23T12:00:00.123Z","condemned":"vm-0","underWay":"make"},"giverMayDestroy":true}""";
        Assert.True(InviteId.TryParse(id, out var inviteId) & GuestId.TryParse(id, out var guestId));
        var guest = Some.Guest(enforcement: Enforcement.Report) with
        {
            Id = guestId,
            InviteId = inviteId,
            Status = GuestStatus.Stopped,
            VmId = "vm-1",
            AgentEndpoint = "http://vm",
            ResourceUsage = new() { CpuSeconds = 1.5, TokensUsed = 7 },
            StoppedAt = Some.Time,
            EndReason = EndReason.CheckedOut,
            EndDetail = "bye",
            Vm = new()
            {
                Host = "docker",
                State = VmState.Destroyed,
                RequestedAt = Some.Time,
                Attempts = 2,
                Id = "vm-1",
                Unaccounted = 1,
                CleanSince = Some.Time,
                Condemned = "vm-0",
                UnderWay = VmTry.Make,
            },
            GiverMayDestroy = true,
        };
        Assert.Equal(row, JsonSerializer.Serialize(guest, CouchJson.Stored));
        Assert.Equal(guest, JsonSerializer.Deserialize<Guest>(row, CouchJson.Stored));

        // As the version before there were VM providers wrote it.
        var before = row[..row.IndexOf(",\"vm\":", StringComparison.Ordinal)] + "}";
        Assert.Equal(guest with { Vm = Vm.None, GiverMayDestroy = null }, JsonSerializer.Deserialize<Guest>(before, CouchJson.Stored));
    }

    /// <summary>A node of that version may be in one couch with a node of this one, while nodes are replaced one by one.</summary>
    [Fact]
    public void What_grains_of_the_first_version_are_asked_can_still_be_asked()
    {
        var now = File.ReadAllLines(Path.Combine(Repository.Root, "src/Couch.Cluster/OrleansContracts.txt"));
        Assert.DoesNotContain(FirstVersion.Split('\n'), then => !now.Any(line => Answers(line, then)));
    }

    [Theory]
    [InlineData("  Kill: Kill(couch.Actor) -> Task<couch.EndOutcome>", true)]
    [InlineData("  Kill: Kill(couch.Actor, couch.Idempotency) -> Task<couch.EndOutcome>", true)]
    [InlineData("  Kill: Kill() -> Task<couch.EndOutcome>", false)]
    [InlineData("  Kill: Kill(couch.Idempotency, couch.Actor) -> Task<couch.EndOutcome>", false)]
    [InlineData("  Kill: Kill(couch.Actor) -> Task<bool>", false)]
    [InlineData("  Kill2: Kill(couch.Actor) -> Task<couch.EndOutcome>", false)]
    public void A_method_may_take_more_at_its_end_and_change_in_nothing_else(string line, bool answers) =>
        Assert.Equal(answers, Answers(line, "  Kill: Kill(couch.Actor) -> Task<couch.EndOutcome>"));

    /// <summary>
    /// Whether this line of the contract still answers that older one. Arguments travel numbered: one that is added at the
    /// end is skipped by an older node, and is missing, so null, in an older node's call.
    /// </summary>
    private static bool Answers(string line, string then)
    {
        var arguments = then.IndexOf(')', StringComparison.Ordinal);
        return line == then || (arguments > 0
            && line.StartsWith(then[..arguments], StringComparison.Ordinal)
            && line[arguments..] is [')' or ',', ..]
            && line.EndsWith(then[arguments..], StringComparison.Ordinal));
    }

    /// <summary>The first version's OrleansContracts.txt, less its comments. Never changed; later versions may be added.</summary>
    private const string FirstVersion =
        """
        class [GrainType("guest")] Couch.Cluster.Guests.GuestGrain
        interface [GrainInterfaceType("Couch.Cluster.Guests.IGuestGrain")] Couch.Cluster.Guests.IGuestGrain [Version(0)]
          Activate: Activate(string, string, couch.Actor) -> Task<couch.ActivateOutcome>
          Arrive: Arrive(couch.Guest) -> Task<bool>
          CheckOut: CheckOut() -> Task<couch.EndOutcome>
          Extend: Extend(double, couch.Actor) -> Task<couch.ExtendOutcome>
          Get: Get() -> Task<couch.Guest>
          Kill: Kill(couch.Actor) -> Task<couch.EndOutcome>
          LookAtVm: LookAtVm() -> Task
          Observe: Observe(couch.VmReport) -> Task
          Report: Report(couch.UsageReport) -> Task<couch.UsageOutcome>
          Settle: Settle() -> Task
          WaitForChange: WaitForChange(couch.GuestStatus, string?, System.TimeSpan) -> Task<couch.Guest>
        class [GrainType("housekeeping")] Couch.Cluster.Housekeeping.HousekeepingGrain
        interface [GrainInterfaceType("Couch.Cluster.Housekeeping.IHousekeepingGrain")] Couch.Cluster.Housekeeping.IHousekeepingGrain [Version(0)]
          Start: Start() -> Task<couch.Findings>
          Sweep: Sweep() -> Task<couch.Findings>
          SweepVms: SweepVms() -> Task<couch.VmFindings>
        interface [GrainInterfaceType("Couch.Cluster.Invites.IInviteGrain")] Couch.Cluster.Invites.IInviteGrain [Version(0)]
          Create: Create(couch.CreateInvite) -> Task<couch.Invite>
          EnsureGuestArrived: EnsureGuestArrived() -> Task<bool>
          Get: Get() -> Task<couch.Invite>
          Redeem: Redeem(couch.RedeemInvite) -> Task<couch.RedeemOutcome>
          Revoke: Revoke(couch.Actor) -> Task<couch.RevokeOutcome>
          Settle: Settle() -> Task
        class [GrainType("invite")] Couch.Cluster.Invites.InviteGrain
        class [GrainType("host-key")] Couch.Cluster.Keys.HostKeyGrain
        interface [GrainInterfaceType("Couch.Cluster.Keys.IHostKeyGrain")] Couch.Cluster.Keys.IHostKeyGrain [Version(0)]
          Create: Create(couch.HostKey) -> Task<couch.HostKey>
          Revoke: Revoke(couch.Actor) -> Task<couch.HostKey>
        """;

    private static string Pinned<TEnum>() where TEnum : struct, Enum =>
        string.Join(", ", Enum.GetValues<TEnum>().Select(value => $"{value}={Convert.ToInt32(value, null)} {value.Word()}"));
}
