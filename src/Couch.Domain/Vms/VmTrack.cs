using Couch.Domain.Guests;

namespace Couch.Domain.Vms;

/// <summary>
/// The VM's track as pure decisions. <see cref="NextStep"/> says what is to be done; each <c>Observed…</c> takes in what
/// a provider reported. Whatever is reported twice, late or for an older attempt changes nothing that counts.
/// </summary>
public static class VmTrack
{
    /// <summary>How long a VM may boot before the attempt counts as failed.</summary>
    public static readonly TimeSpan LongestBoot = TimeSpan.FromMinutes(5);

    /// <summary>Two direct not-founds, this far apart, and a running guest's VM is lost: one may be a provider's hiccup.</summary>
    public static readonly TimeSpan MissingForGood = TimeSpan.FromMinutes(1);

    /// <summary>How many creates of unknown outcome a guest may have: each may have left a VM that is not found.</summary>
    public const int MostUnaccounted = 2;

    /// <summary>
    /// How long after a doubt a provider's list is believed to show all that carries a claim: 45 s for which a list may be behind,
    /// 20 s for which a lost memory's last call may be on its way, and 10 s between nodes' clocks.
    /// </summary>
    public static readonly TimeSpan ListsLag = TimeSpan.FromSeconds(75);

    /// <summary>The newest are kept: a guest has few, and what is forgotten is still destroyed at its end by its claim.</summary>
    private const int MostCondemned = 8;

    private static readonly string NoMoreCreates =
        $"The outcome of {MostUnaccounted} creates is unknown, and each may have left a VM: no other is made";

    /// <summary>A newly arrived guest with the intent of its first attempt, so that both are one write.</summary>
    public static Guest OrderVm(this Guest arriving, string provider, DateTimeOffset now) => arriving with
    {
        Vm = new() { Host = provider, State = VmState.Requested, RequestedAt = now, Attempts = 1, UnderWay = VmTry.Make },
    };

    /// <summary>What is to be done next, by a memory with nothing under way.</summary>
    public static VmStep NextStep(this Guest guest, DateTimeOffset now) => guest.Vm switch
    {
        { NotBefore: { } moment } when moment > now => new VmStep.Wait(moment),
        { State: VmState.Requested } => new VmStep.Attempt(),
        { State: VmState.Booting, Id: { } booting } => new VmStep.Look(booting),
        { State: VmState.Destroying or VmState.Lost, DestroyedAt: null } ending => new VmStep.Release(
            ending.Id, guest.Given(), ending.Condemned),
        _ => new VmStep.Rest(),
    };

    /// <summary>
    /// The intent of one more attempt, to be written before its call, by a memory with none under way. Where a VM may carry the
    /// guest's claim that is not known, it only looks, until the provider's list has shown nothing for long enough to be believed.
    /// </summary>
    /// <param name="isExact">Whether the provider finds whatever an attempt has made at once: then no outcome stays unknown.</param>
    public static Guest BeginAttempt(this Guest guest, DateTimeOffset now, bool isExact)
    {
        var vm = guest.Vm.WithoutLostAttempt(isExact);
        var mayMake = vm.Unaccounted is 0 || (vm.Unaccounted < MostUnaccounted && vm.CleanSince <= now - ListsLag);
        return guest with { Vm = vm with { Attempts = vm.Attempts + 1, NotBefore = null, UnderWay = mayMake ? VmTry.Make : VmTry.Find } };
    }

    /// <summary>
    /// An ended or displaced guest whose last attempt was lost with a memory before this one: what came of it stays unknown.
    /// </summary>
    /// <returns>The same guest where no attempt was under way.</returns>
    public static Guest LoseAttempt(this Guest guest, bool isExact) =>
        guest.Vm is { UnderWay: not null, State: not VmState.Requested } ? guest with { Vm = guest.Vm.WithoutLostAttempt(isExact) } : guest;

    /// <summary>Takes in a report. The same guest where it changes nothing that counts.</summary>
    /// <param name="mostAttempts">How many attempts there are before the guest is given up.</param>
    /// <param name="chance">From 0 up to 1: spreads retries.</param>
    public static Guest Observe(this Guest guest, VmReport report, int mostAttempts, DateTimeOffset now, double chance) => report switch
    {
        VmReport.Made made => guest.ObservedMade(made, now),
        VmReport.NotFound notFound => guest.ObservedNone(notFound.Attempt, now),
        VmReport.Failed failed => guest.ObservedFailure(failed, mostAttempts, now, chance),
        VmReport.Ready ready => guest.ObservedReady(ready.VmId, now),
        VmReport.Looked looked => guest.ObservedPresence(looked, now),
        VmReport.Gone gone => guest.ObservedGone(gone, now),
        VmReport.NotGone notGone => guest.ObservedNotGone(notGone, now, chance),
        _ => guest,
    };

    /// <summary>
    /// Whether the VM that an attempt has brought has no owner, and is to be destroyed at once. Where an attempt or a release is
    /// still to come it may yet be taken, or is found: then it is not.
    /// </summary>
    public static bool IsStray(this Guest guest, VmReport.Made made) =>
        guest.Vm is { State: VmState.Booting or VmState.Ready or VmState.None or VmState.Left } or { DestroyedAt: not null }
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

    /// <summary>
    /// The provider has made, or found, the guest's VM. One that comes after the guest's end is its own all the same, to be destroyed.
    /// </summary>
    /// <returns>The same guest where the result is not of the attempt that counts; see <see cref="IsStray"/>.</returns>
    private static Guest ObservedMade(this Guest guest, VmReport.Made made, DateTimeOffset now)
    {
        var vm = guest.Vm with { Id = made.VmId, Endpoint = made.Endpoint, NotBefore = null, UnderWay = null, CleanSince = null };
        return guest.Vm switch
        {
            { Attempts: var attempt } when attempt != made.Attempt => guest,
            // An attempt makes one VM at most, so one that was found accounts for one of the unknown ones.
            { State: VmState.Requested } => guest with
            {
                Vm = vm with { State = VmState.Booting, Unaccounted = made.IsFound ? Math.Max(vm.Unaccounted - 1, 0) : vm.Unaccounted },
            },
            { State: VmState.Destroying, UnderWay: not null } when guest.IsStaying && IsSame(made.VmId, guest.VmId) =>
                guest with { Vm = vm with { State = VmState.Ready, ReadyAt = now, DestroyRequestedAt = null, LastError = null } },
            { State: VmState.Destroying or VmState.Lost, DestroyedAt: null, UnderWay: not null } => guest with { Vm = vm },
            _ => guest,
        };
    }

    /// <summary>A look found nothing under the guest's claim: the next attempt may make a VM once that can be believed.</summary>
    private static Guest ObservedNone(this Guest guest, int attempt, DateTimeOffset now)
    {
        if (guest.Vm is not { State: VmState.Requested } vm || vm.Attempts != attempt)
            return guest;
        var clean = vm.CleanSince ?? now;
        var looked = guest with { Vm = vm with { CleanSince = clean, NotBefore = clean + ListsLag, UnderWay = null } };
        return vm.Unaccounted >= MostUnaccounted ? looked.FailProvisioning(NoMoreCreates, now) : looked;
    }

    /// <summary>An attempt came to nothing. The guest ends where it was the last, or where trying again cannot help.</summary>
    private static Guest ObservedFailure(this Guest guest, VmReport.Failed failure, int mostAttempts, DateTimeOffset now, double chance)
    {
        if (guest.Vm.Attempts != failure.Attempt)
            return guest;

        var vm = guest.Vm with
        {
            UnderWay = null,
            Unaccounted = guest.Vm.Unaccounted + (failure.MayHaveMade ? 1 : 0),
            // What carries no claim never will: its attempt is over, and no list would ever show it.
            CleanSince = !failure.MayHaveMade ? guest.Vm.CleanSince : failure.MayBeClaimed ? null : now - ListsLag,
        };
        if (guest.Vm is { State: VmState.Destroying or VmState.Lost, DestroyedAt: null, UnderWay: not null })
            return guest with { Vm = vm with { CleanSince = failure.MayHaveMade ? null : guest.Vm.CleanSince } };
        if (guest.Vm.State is not (VmState.Requested or VmState.Booting))
            return guest;

        var failed = guest with
        {
            Vm = vm with
            {
                State = VmState.Requested,
                Id = null,
                Endpoint = null,
                Condemned = guest.Vm.Id is { } id
                    ? string.Join(' ', guest.Vm.EachCondemned.Append(id).TakeLast(MostCondemned))
                    : guest.Vm.Condemned,
                LastError = failure.Error,
                NotBefore = now + VmRetries.After(guest.Vm.Attempts, chance, failure.RetryAfter),
            },
        };
        if (failure.IsFinal || failure.Attempt >= mostAttempts)
            return failed.FailProvisioning(failure.Error, now);
        return failure.MayHaveMade && vm.Unaccounted >= MostUnaccounted
            ? failed.FailProvisioning($"{failure.Error}. {NoMoreCreates}", now)
            : failed;
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

    /// <summary>A direct look found a running guest's VM, did not, or found that it has ended.</summary>
    private static Guest ObservedPresence(this Guest guest, VmReport.Looked looked, DateTimeOffset now)
    {
        if (guest.AsOf(now).Status is not GuestStatus.Running || guest.Vm.State is not VmState.Ready || guest.Vm.Id != looked.VmId)
            return guest;
        if (looked.Ended is { } why)
            return guest.LoseVm(now, why);

        return guest.Vm.MissingSince switch
        {
            null when looked.IsThere => guest,
            _ when looked.IsThere => guest with { Vm = guest.Vm with { MissingSince = null } },
            null => guest with { Vm = guest.Vm with { MissingSince = now } },
            { } since when now - since >= MissingForGood => guest.LoseVm(now),
            _ => guest,
        };
    }

    /// <summary>
    /// The provider has shown that nothing of the guest's is left. After a create of unknown outcome that counts once it has been
    /// shown twice, so far apart that the second list is not behind what the first one may have missed.
    /// </summary>
    private static Guest ObservedGone(this Guest guest, VmReport.Gone gone, DateTimeOffset now)
    {
        if (guest.Vm is not { State: VmState.Destroying or VmState.Lost, DestroyedAt: null } vm)
            return guest;
        var clean = gone.HasDestroyed ? now : vm.CleanSince ?? now;
        if (vm.Unaccounted > 0 && clean + ListsLag > now)
            return guest with { Vm = vm with { CleanSince = clean, NotBefore = clean + ListsLag } };
        return guest with
        {
            Vm = vm switch
            {
                { State: VmState.Destroying } when guest.IsStaying =>
                    new() { Host = vm.Host, Attempts = vm.Attempts, Unaccounted = vm.Unaccounted },
                { State: VmState.Destroying } when gone.LeavesGiven => vm with { State = VmState.Left, NotBefore = null, CleanSince = now },
                { State: VmState.Destroying } => vm with { State = VmState.Destroyed, DestroyedAt = now, NotBefore = null },
                _ => vm with { DestroyedAt = now, NotBefore = null },
            },
        };
    }

    /// <summary>The provider could not confirm it. Destruction is never given up.</summary>
    private static Guest ObservedNotGone(this Guest guest, VmReport.NotGone failure, DateTimeOffset now, double chance) =>
        guest.Vm is { State: VmState.Destroying or VmState.Lost, DestroyedAt: null }
            ? guest with
            {
                Vm = guest.Vm with
                {
                    LastError = failure.Error,
                    FailedReleases = guest.Vm.FailedReleases + 1,
                    NotBefore = now + VmRetries.After(guest.Vm.FailedReleases + 1, chance, failure.RetryAfter),
                    CleanSince = null,
                },
            }
            : guest;

    /// <summary>
    /// The attempt's memory was lost, and with it what its create came to: only where it may have made a VM, and the provider may not show
    /// it, is that a doubt.
    /// </summary>
    private static Vm WithoutLostAttempt(this Vm vm, bool isExact) => vm switch
    {
        // A row from before this was kept has begun an attempt where none is due yet.
        { UnderWay: VmTry.Make } or { UnderWay: null, State: VmState.Requested, NotBefore: null } when !isExact =>
            vm with { UnderWay = null, Unaccounted = vm.Unaccounted + 1, CleanSince = null },
        _ => vm with { UnderWay = null },
    };

    /// <summary>
    /// What activating a guest by hand means for a VM of its own that was on the way: it is destroyed, unless it is the very
    /// VM that is given. Then its own it stays, and a host has said that it is ready.
    /// </summary>
    internal static Vm Displaced(this Vm vm, string givenVmId, DateTimeOffset at) => vm switch
    {
        { State: VmState.Booting, Id: { } own } when IsSame(own, givenVmId) =>
            vm with { State = VmState.Ready, ReadyAt = at, LastError = null, NotBefore = null },
        { State: VmState.Requested or VmState.Booting } =>
            vm with { State = VmState.Destroying, DestroyRequestedAt = at, NotBefore = null, CleanSince = null },
        _ => vm,
    };

    /// <summary>The VM that was given by hand, and what is to become of it now; null where there is none beside the guest's own.</summary>
    private static GivenVm? Given(this Guest guest) =>
        guest.VmId is not { } given || (guest.Vm.Id is { } own && IsSame(own, given)) ? null
        : new(given, guest.IsStaying ? GivenVmFate.Kept : guest.MayDestroyGivenVm ? GivenVmFate.Destroyed : GivenVmFate.LeftUnlessClaimed);

    /// <summary>A person may spell a UUID in capitals.</summary>
    private static bool IsSame(string vmId, string? other) => vmId.Equals(other, StringComparison.OrdinalIgnoreCase);

    /// <summary>What a guest's end means for its VM: destruction, at once. Without a VM provider there is nothing to ask.</summary>
    /// <param name="givenVmId">The VM given by hand, which the provider is asked to destroy too; null where none was.</param>
    internal static Vm Ending(this Vm vm, string? givenVmId, DateTimeOffset at) => vm switch
    {
        { Host: null } or { State: VmState.None } when vm.Host is null || givenVmId is null => vm,
        _ => vm with { State = VmState.Destroying, DestroyRequestedAt = at, NotBefore = null, CleanSince = null },
    };
}
