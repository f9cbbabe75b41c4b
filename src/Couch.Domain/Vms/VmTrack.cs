using Couch.Domain.Guests;

namespace Couch.Domain.Vms;

/// <summary>
/// The VM's track as pure decisions. <see cref="NextStep"/> says what is to be done; each <c>Observed…</c> takes in what
/// a host reported. Whatever is reported twice, late or for an older attempt changes nothing that counts.
/// </summary>
public static class VmTrack
{
    /// <summary>How long a VM may boot before the attempt counts as failed.</summary>
    public static readonly TimeSpan LongestBoot = TimeSpan.FromMinutes(5);

    /// <summary>Two direct not-founds, this far apart, and a running guest's VM is lost: one may be a provider's hiccup.</summary>
    public static readonly TimeSpan MissingForGood = TimeSpan.FromMinutes(1);

    /// <summary>A newly arrived guest with the intent of its first attempt, so that both are one write.</summary>
    public static Guest OrderVm(this Guest arriving, string host, DateTimeOffset now) => arriving with
    {
        Vm = new() { Host = host, State = VmState.Requested, RequestedAt = now, Attempts = 1 },
    };

    /// <summary>What is to be done next, by whoever has nothing under way.</summary>
    public static VmStep NextStep(this Guest guest, DateTimeOffset now) => guest.Vm switch
    {
        { NotBefore: { } moment } when moment > now => new VmStep.Wait(moment),
        { State: VmState.Requested } => new VmStep.Attempt(),
        { State: VmState.Booting, Id: { } booting } => new VmStep.Look(booting),
        { State: VmState.Destroying or VmState.Lost, DestroyedAt: null } ending => new VmStep.Release(ending.Id, guest.Given()),
        _ => new VmStep.Rest(),
    };

    /// <summary>The intent of one more attempt, to be written before its call.</summary>
    public static Guest BeginAttempt(this Guest guest) =>
        guest with { Vm = guest.Vm with { Attempts = guest.Vm.Attempts + 1, NotBefore = null } };

    /// <summary>Takes in a report. The same guest where it changes nothing that counts.</summary>
    /// <param name="mostAttempts">How many attempts there are before the guest is given up.</param>
    /// <param name="chance">From 0 up to 1: spreads retries.</param>
    public static Guest Observe(this Guest guest, VmReport report, int mostAttempts, DateTimeOffset now, double chance) => report switch
    {
        VmReport.Made made => guest.ObservedMade(made.Attempt, made.VmId, made.Endpoint),
        VmReport.Failed failed => guest.ObservedFailure(failed, mostAttempts, now, chance),
        VmReport.Ready ready => guest.ObservedReady(ready.VmId, now),
        VmReport.Looked looked => guest.ObservedPresence(looked.VmId, looked.IsThere, now),
        VmReport.Gone gone => guest.ObservedGone(gone, now),
        VmReport.NotGone notGone => guest.ObservedNotGone(notGone, now, chance),
        _ => guest,
    };

    /// <summary>
    /// Whether the VM that an attempt has brought is nobody's, to be destroyed at once. Where an attempt or a release is
    /// still to come it may yet be taken, or is found: then it is not.
    /// </summary>
    public static bool IsStray(this Guest guest, VmReport.Made made) =>
        guest.Vm is { State: VmState.Booting or VmState.Ready or VmState.None } or { DestroyedAt: not null }
        && made.VmId != guest.Vm.Id && made.VmId != guest.VmId;

    /// <summary>The next moment the guest must act, should its memory be lost until then; null: never again.</summary>
    /// <param name="patience">How long work that is under way may be left alone.</param>
    public static DateTimeOffset? NextMoment(this Guest guest, DateTimeOffset now, TimeSpan patience)
    {
        var isUnderWay = guest.NextStep(now) is not VmStep.Rest;
        var soon = now + patience;
        return guest.IsStaying
            ? isUnderWay && soon < guest.ExpiresAt ? soon : guest.ExpiresAt
            : isUnderWay ? soon : null;
    }

    /// <summary>The host has made, or found, the guest's VM.</summary>
    /// <returns>The same guest where the result is not of the attempt that counts; see <see cref="IsStray"/>.</returns>
    private static Guest ObservedMade(this Guest guest, int attempt, string vmId, string endpoint) =>
        guest.Vm.State is VmState.Requested && guest.Vm.Attempts == attempt
            ? guest with { Vm = guest.Vm with { State = VmState.Booting, Id = vmId, Endpoint = endpoint, NotBefore = null } }
            : guest;

    /// <summary>An attempt came to nothing. The guest ends where it was the last, or where trying again cannot help.</summary>
    private static Guest ObservedFailure(this Guest guest, VmReport.Failed failure, int mostAttempts, DateTimeOffset now, double chance)
    {
        if (guest.Vm.State is not (VmState.Requested or VmState.Booting) || guest.Vm.Attempts != failure.Attempt)
            return guest;

        var failed = guest with
        {
            Vm = guest.Vm with
            {
                State = VmState.Requested,
                Id = null,
                Endpoint = null,
                LastError = failure.Error,
                NotBefore = now + VmRetries.After(guest.Vm.Attempts, chance, failure.RetryAfter),
            },
        };
        return failure.IsFinal || failure.Attempt >= mostAttempts ? failed.FailProvisioning(failure.Error, now) : failed;
    }

    /// <summary>The VM was seen ready: the guest runs, unless it has been activated by hand or has ended.</summary>
    private static Guest ObservedReady(this Guest guest, string vmId, DateTimeOffset now) =>
        guest.Vm is { State: VmState.Booting, Id: var id } && id == vmId && guest.AsOf(now).Status is GuestStatus.Provisioning
            ? guest with
            {
                Status = GuestStatus.Running,
                VmId = guest.Vm.Id,
                AgentEndpoint = guest.Vm.Endpoint,
                Vm = guest.Vm with { State = VmState.Ready, ReadyAt = now, LastError = null },
            }
            : guest;

    /// <summary>A direct look found a running guest's VM, or did not.</summary>
    private static Guest ObservedPresence(this Guest guest, string vmId, bool isThere, DateTimeOffset now)
    {
        if (guest.AsOf(now).Status is not GuestStatus.Running || guest.Vm.State is not VmState.Ready || guest.Vm.Id != vmId)
            return guest;

        return guest.Vm.MissingSince switch
        {
            null when isThere => guest,
            _ when isThere => guest with { Vm = guest.Vm with { MissingSince = null } },
            null => guest with { Vm = guest.Vm with { MissingSince = now } },
            { } since when now - since >= MissingForGood => guest.LoseVm(now),
            _ => guest,
        };
    }

    /// <summary>The host has confirmed that nothing of the guest's is left.</summary>
    private static Guest ObservedGone(this Guest guest, VmReport.Gone gone, DateTimeOffset now) => guest.Vm switch
    {
        { State: VmState.Destroying } when guest.IsStaying => guest with { Vm = new() { Host = guest.Vm.Host, Attempts = guest.Vm.Attempts } },
        { State: VmState.Destroying, DestroyedAt: null } vm when gone.LeavesGiven => guest with { Vm = vm with { State = VmState.Left, NotBefore = null, CleanSince = now } },
        { State: VmState.Destroying, DestroyedAt: null } vm => guest with { Vm = vm with { State = VmState.Destroyed, DestroyedAt = now, NotBefore = null } },
        { State: VmState.Lost, DestroyedAt: null } vm => guest with { Vm = vm with { DestroyedAt = now, NotBefore = null } },
        _ => guest,
    };

    /// <summary>The host could not confirm it. Destruction is never given up.</summary>
    private static Guest ObservedNotGone(this Guest guest, VmReport.NotGone failure, DateTimeOffset now, double chance) =>
        guest.Vm is { State: VmState.Destroying or VmState.Lost, DestroyedAt: null }
            ? guest with
            {
                Vm = guest.Vm with
                {
                    LastError = failure.Error,
                    FailedReleases = guest.Vm.FailedReleases + 1,
                    NotBefore = now + VmRetries.After(guest.Vm.FailedReleases + 1, chance, failure.RetryAfter),
                },
            }
            : guest;

    /// <summary>
    /// What activating a guest by hand means for a VM of its own that was on the way: it is destroyed, unless it is the very
    /// VM that is given. Then its own it stays, and somebody has said that it is ready.
    /// </summary>
    internal static Vm Displaced(this Vm vm, string givenVmId, DateTimeOffset at) => vm switch
    {
        { State: VmState.Booting, Id: { } own } when IsSame(own, givenVmId) => vm with { State = VmState.Ready, ReadyAt = at, LastError = null, NotBefore = null },
        { State: VmState.Requested or VmState.Booting } => vm with { State = VmState.Destroying, DestroyRequestedAt = at, NotBefore = null },
        _ => vm,
    };

    /// <summary>The VM that was given by hand, and what is to become of it now; null where there is none beside the guest's own.</summary>
    private static GivenVm? Given(this Guest guest) =>
        guest.VmId is not { } given || (guest.Vm.Id is { } own && IsSame(own, given)) ? null
        : new(given, guest.IsStaying ? GivenVmFate.Kept : guest.MayDestroyGivenVm ? GivenVmFate.Destroyed : GivenVmFate.LeftUnlessClaimed);

    /// <summary>A person may spell a UUID in capitals.</summary>
    private static bool IsSame(string vmId, string other) => vmId.Equals(other, StringComparison.OrdinalIgnoreCase);

    /// <summary>What a guest's end means for its VM: destruction, at once. Without a VM host there is nobody to ask.</summary>
    /// <param name="givenVmId">The VM given by hand, which the host is asked to destroy too; null where none was.</param>
    internal static Vm Ending(this Vm vm, string? givenVmId, DateTimeOffset at) => vm switch
    {
        { Host: null } or { State: VmState.None } when vm.Host is null || givenVmId is null => vm,
        _ => vm with { State = VmState.Destroying, DestroyRequestedAt = at, NotBefore = null },
    };
}
