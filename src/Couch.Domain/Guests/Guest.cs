using System.Text.Json.Serialization;
using Couch.Domain.Invites;
using Couch.Domain.Keys;
using Couch.Domain.Text;
using Couch.Domain.Values;
using Couch.Domain.Vms;

namespace Couch.Domain.Guests;

/// <summary>
/// One stay: who, with what limits, what has been used, and how it ended. Owned by its grain; written whole.
/// Decisions are pure: state, command and now give an outcome, and the outcome carries the next state.
/// </summary>
[GenerateSerializer, Immutable, Alias("couch.Guest")]
public sealed record Guest
{
    /// <summary>The id that its token carries. It contains <see cref="CreatedAt"/>.</summary>
    [Id(0)] public required GuestId Id { get; init; }

    /// <summary>The invite that brought it.</summary>
    [Id(1)] public required InviteId InviteId { get; init; }

    /// <summary>What it wants to be called: not blank, at most <see cref="Bounds.MostName"/> UTF-16 units.</summary>
    [Id(2)] public required string Name { get; init; }

    /// <summary>One OpenSSH public key; null where the guest sent none.</summary>
    [Id(3)] public string? PublicKey { get; init; }

    /// <summary>The status as last written. Past its time it may still be written as staying: see <see cref="AsOf"/>.</summary>
    [Id(4)] public required GuestStatus Status { get; init; }

    /// <summary>The id of the VM that it was told of; null until it first runs. Kept after the end.</summary>
    [Id(5)] public string? VmId { get; init; }

    /// <summary>Where its agent is reached; null until it first runs. Kept after the end.</summary>
    [Id(6)] public string? AgentEndpoint { get; init; }

    /// <summary>What it may use: the invite's limits, with a longer duration where the stay was extended.</summary>
    [Id(7)] public required ResourceLimits ResourceLimits { get; init; }

    /// <summary>What it may reach: a copy of the invite's permissions.</summary>
    [Id(8)] public required Permissions Permissions { get; init; }

    /// <summary>What happens to it over a limit: a copy of what the invite says.</summary>
    [Id(9)] public required Enforcement Enforcement { get; init; }

    /// <summary>What it has used so far. The counters may rise after the end too.</summary>
    [Id(10)] public required ResourceUsage ResourceUsage { get; init; }

    /// <summary>When its time is up, in whole milliseconds. An extension moves it later.</summary>
    [Id(11)] public required DateTimeOffset ExpiresAt { get; init; }

    /// <summary>When the stay ended; null while staying.</summary>
    [Id(12)] public DateTimeOffset? StoppedAt { get; init; }

    /// <summary>Why it ended; null while staying.</summary>
    [Id(13)] public EndReason? EndReason { get; init; }

    /// <summary>More about the end, where there is more to say: plain text on one line.</summary>
    [Id(14)] public string? EndDetail { get; init => field = ForeignText.Plain(value); }

    /// <summary>The VM's own track. A row from before there were VM providers has none.</summary>
    [Id(15)] public Vm Vm { get; init; } = Vm.None;

    /// <summary>By which host key it was activated; null where it was not by hand.</summary>
    [Id(16)] public Actor? ActivatedWith { get; init; }

    /// <summary>By which host key it was given more time, the last time; null where it was not.</summary>
    [Id(17)] public Actor? ExtendedWith { get; init; }

    /// <summary>By which host key it was killed; null where it was not.</summary>
    [Id(18)] public Actor? KilledWith { get; init; }

    /// <summary>
    /// The host key whose kill or usage report ended it; null while staying, and where no key did. A row from before
    /// this was kept has none: see <see cref="KilledWith"/>.
    /// </summary>
    [Id(19)] public Actor? EndedWith { get; init; }

    /// <summary>
    /// Whether the giver of its VM by hand may have that VM destroyed, as of then; null where none was given by hand, or
    /// before this was kept.
    /// </summary>
    [Id(20)] public bool? GiverMayDestroy { get; init; }

    /// <summary>The idempotency key of the kill that ended it; null where there was no kill, or it carried none.</summary>
    [Id(23)] public Idempotency? KilledUnder { get; init; }

    /// <summary>The millisecond the invite was redeemed, taken from the id.</summary>
    [JsonIgnore] public DateTimeOffset CreatedAt => Id.CreatedAt;

    /// <summary>
    /// Whether a VM given by hand is destroyed at the end even if it does not carry the guest's claim. For a row from before this was kept:
    /// only if it was not given by a made key, because no made key had the scope then.
    /// </summary>
    [JsonIgnore] public bool MayDestroyGivenVm => GiverMayDestroy ?? ActivatedWith?.KeyId is null;

    /// <summary>True while the written status is provisioning or running. The clock is not considered: see <see cref="AsOf"/>.</summary>
    [JsonIgnore] public bool IsStaying => Status is GuestStatus.Provisioning or GuestStatus.Running;

    /// <summary>Whether it has ended as one of many perhaps: by the clock, or by a bulk order.</summary>
    [JsonIgnore] public bool EndedInCrowd => Status is GuestStatus.Expired || KilledUnder is { IsOfBulkOrder: true };

    /// <summary>
    /// Whether it had ended at <paramref name="moment"/> and its VM, if any, had its receipt by then: nothing about the guest changes any
    /// more.
    /// </summary>
    /// <remarks>The table's column <c>past_since</c> repeats this rule.</remarks>
    public bool IsPast(DateTimeOffset moment) =>
        StoppedAt <= moment && !GuestVm.Of(this).IsOpen && (Vm.DestroyedAt is not { } receipt || receipt <= moment);

    /// <summary>The guest that a redeemed invite brings. The same invite always brings the same guest.</summary>
    public static Guest Arriving(Invite invite)
    {
        var admission = Admission.Of(invite);
        return Arriving(invite.Redemption!.GuestId, admission);
    }

    /// <inheritdoc cref="Arriving(Invite)"/>
    public static Guest Arriving(GuestId id, Admission admission) => new()
    {
        Id = id,
        InviteId = admission.InviteId,
        Name = admission.GuestName,
        PublicKey = admission.PublicKey,
        Status = GuestStatus.Provisioning,
        ResourceLimits = admission.ResourceLimits,
        Permissions = admission.Permissions,
        Enforcement = admission.Enforcement,
        ResourceUsage = ResourceUsage.None,
        ExpiresAt = id.CreatedAt.AddWholeHours(admission.ResourceLimits.MaxDurationHours),
    };

    /// <summary>Checks a guest that was sent to be taken in.</summary>
    /// <param name="id">The id that it is kept under.</param>
    /// <exception cref="OutOfBoundsException">It is not as <see cref="Arriving(Invite)"/> makes one, or has another id.</exception>
    public void MustBeArriving(string id)
    {
        Bounds.Demand(GuestId.TryParse(id, out var own) && own == Id ? null : "id must be the guest's own");
        Admitted.MustBeWithinBounds();
        Bounds.Demand(
            ExpiresAt <= CreatedAt.AddWholeHours(ResourceLimits.MostHours)
                ? null
                : $"a stay must be of at most {ResourceLimits.MostHours} hours",
            this == Arriving(Id, Admitted) with { ExpiresAt = ExpiresAt } ? null : "a guest that arrives must have no past");
    }

    private Admission Admitted => new()
    {
        InviteId = InviteId,
        GuestName = Name,
        PublicKey = PublicKey,
        ResourceLimits = ResourceLimits,
        Permissions = Permissions,
        Enforcement = Enforcement,
    };

    /// <summary>
    /// The guest as it must be shown at <paramref name="now"/>: once its time is up it is expired, whatever status was written.
    /// </summary>
    public Guest AsOf(DateTimeOffset now) =>
        IsStaying && now >= ExpiresAt ? End(GuestStatus.Expired, Guests.EndReason.Expired, ExpiresAt) : this;

    /// <summary>
    /// The guest if <paramref name="decided"/> may not have been written before its time was up: expired at that time, with any VM that it
    /// has by now. A caller in the meantime has been told that it had expired.
    /// </summary>
    public Guest ExpireInsteadOf(Guest decided) =>
        (decided.IsStaying ? decided.End(GuestStatus.Expired, Guests.EndReason.Expired, ExpiresAt) : decided) with
        {
            Status = GuestStatus.Expired,
            EndReason = Guests.EndReason.Expired,
            EndDetail = null,
            StoppedAt = ExpiresAt,
            ExpiresAt = ExpiresAt,
            ResourceLimits = ResourceLimits,
            ExtendedWith = ExtendedWith,
            KilledWith = KilledWith,
            EndedWith = EndedWith,
            KilledUnder = KilledUnder,
        };

    /// <summary>Gives a provisioning guest its VM by hand.</summary>
    /// <param name="by">The host key that does it; null where no key does, which counts as the configured key.</param>
    /// <param name="key">
    /// The row of the key that <paramref name="by"/> names, because only the row is trusted to give a scope. Null where no key is named, or
    /// its row does not exist.
    /// </param>
    /// <exception cref="OutOfBoundsException">One of the texts is out of bounds.</exception>
    public ActivateOutcome Activate(string vmId, string agentEndpoint, DateTimeOffset now, Actor? by = null, HostKey? key = null)
    {
        Bounds.Demand(
            Bounds.Required("vmId", vmId, Bounds.MostVmText),
            Bounds.Required("agentEndpoint", agentEndpoint, Bounds.MostVmText),
            Actor.WhyNot(by));
        return AsOf(now).Status switch
        {
            GuestStatus.Provisioning => new ActivateOutcome.Activated(this with
            {
                Status = GuestStatus.Running,
                VmId = vmId,
                AgentEndpoint = agentEndpoint,
                Vm = Vm.Displaced(vmId, now),
                ActivatedWith = by,
                GiverMayDestroy = by?.KeyId is not { } id || (key is not null && key.Id == id && key.IsGood(now)
                    && key.Scopes.Has(KeyScope.Vms)),
            }),
            var status => new ActivateOutcome.NotProvisioning(status),
        };
    }

    /// <summary>
    /// The kill switch: ends the stay in any status. Repeated under the same key it returns the same guest, already killed.
    /// </summary>
    public EndOutcome Kill(DateTimeOffset now, Actor? by = null, Idempotency? key = null) =>
        KilledUnder is { } kept && StoppedAt is { } killedAt && kept.IsRepeatedBy(key, killedAt, now)
            ? new EndOutcome.Ended(this)
            : EndBy(GuestStatus.Revoked, Guests.EndReason.Killed, now, by, key);

    /// <summary>The guest leaves by itself.</summary>
    public EndOutcome CheckOut(DateTimeOffset now) => EndBy(GuestStatus.Stopped, Guests.EndReason.CheckedOut, now);

    /// <summary>
    /// Moves the end later by <paramref name="hours"/>, and the duration limit with it, so that an extended stay is not over its limit.
    /// </summary>
    /// <param name="hours">More than 0, at most <see cref="ResourceLimits.MostHours"/>.</param>
    /// <exception cref="OutOfBoundsException">The hours are out of bounds.</exception>
    public ExtendOutcome Extend(double hours, DateTimeOffset now, Actor? by = null)
    {
        Bounds.Demand(Bounds.Above0("hours", hours, ResourceLimits.MostHours), Actor.WhyNot(by));
        if (AsOf(now) is { IsStaying: false } ended)
            return new ExtendOutcome.AlreadyEnded(ended.Status);

        var later = ExpiresAt.AddWholeHours(hours);
        if (later > CreatedAt.AddWholeHours(ResourceLimits.MostHours))
            return new ExtendOutcome.TooLong();

        return new ExtendOutcome.Extended(this with
        {
            ExpiresAt = later,
            ExtendedWith = by,
            ResourceLimits = ResourceLimits with
            {
                // Sums of fractions are inexact; a limit slightly above the bound would be refused by the next check.
                MaxDurationHours = Math.Min(ResourceLimits.MaxDurationHours + hours, ResourceLimits.MostHours),
            },
        });
    }

    /// <summary>
    /// Takes in a usage report; values that no counter can have are ignored. Counters rise also after the end, but then they change no
    /// status. While staying, a guest that is over a limit under <see cref="Enforcement.Stop"/> ends.
    /// </summary>
    /// <param name="by">By which host key; null where the couch's own meter measured it.</param>
    public UsageOutcome.Recorded Report(UsageReport report, DateTimeOffset now, Actor? by = null)
    {
        Bounds.Demand(Actor.WhyNot(by));
        var current = AsOf(now);
        var used = current with { ResourceUsage = ResourceUsage.Raise(report) };
        var violations = used.Violations;
        var newlyExceeded = violations.Count > current.Violations.Count;

        if (used.IsStaying && violations.Count > 0 && Enforcement is Enforcement.Stop)
            used = used.End(GuestStatus.Stopped, Guests.EndReason.LimitsExceeded, now,
                string.Join("; ", violations)) with { EndedWith = by };

        return new UsageOutcome.Recorded(used, newlyExceeded);
    }

    /// <summary>Stops the guest because no VM could be obtained for it; whatever an attempt may have left is destroyed.</summary>
    internal Guest FailProvisioning(string error, DateTimeOffset now) =>
        End(GuestStatus.Stopped, Guests.EndReason.ProvisioningFailed, now, error);

    /// <summary>Stops the guest because its VM has vanished; whatever may be left is destroyed.</summary>
    /// <param name="why">What the provider said about the VM; null where the provider did not find it.</param>
    internal Guest LoseVm(DateTimeOffset now, string? why = null)
    {
        var stopped = End(GuestStatus.Stopped, Guests.EndReason.VmLost, now, why);
        return stopped with { Vm = stopped.Vm with { State = VmState.Lost } };
    }

    /// <summary>The limits it is above, in the protocol's words. Still computed after the end.</summary>
    [JsonIgnore] public IReadOnlyList<string> Violations => ResourceUsage.Violations(ResourceLimits);

    private EndOutcome EndBy(GuestStatus status, EndReason reason, DateTimeOffset now, Actor? by = null, Idempotency? key = null)
    {
        Bounds.Demand(Actor.WhyNot(by), key?.WhyNot());
        return AsOf(now) switch
        {
            { IsStaying: false } ended => new EndOutcome.AlreadyEnded(ended),
            var staying => new EndOutcome.Ended(
                staying.End(status, reason, now) with { KilledWith = by, EndedWith = by, KilledUnder = key }),
        };
    }

    private Guest End(GuestStatus status, EndReason reason, DateTimeOffset at, string? detail = null) =>
        this with { Status = status, EndReason = reason, EndDetail = detail, StoppedAt = at, Vm = Vm.Ending(VmId, at) };
}
