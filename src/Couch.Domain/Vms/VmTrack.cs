using Couch.Domain.Guests;

namespace Couch.Domain.Vms;

/// <summary>
/// The VM's track as pure decisions. <see cref="NextStep"/> says what is to be done; each <c>Observed…</c> takes in what a provider
/// reported. A report that is repeated, late or about an older attempt changes nothing that counts.
/// </summary>
public static class VmTrack
{
    /// <summary>How long a VM may boot before the attempt counts as failed.</summary>
    public static readonly TimeSpan LongestBoot = TimeSpan.FromMinutes(5);

    /// <summary>
    /// A running guest's VM is lost after two direct not-founds this far apart: a single one may be a temporary fault of the provider.
    /// </summary>
    public static readonly TimeSpan MissingForGood = TimeSpan.FromMinutes(1);

    /// <summary>How many creates of unknown outcome a guest may have: each may have left a VM that is not found.</summary>
    public const int MostUnaccounted = 2;

    /// <summary>
    /// How long after a doubt a provider's list is trusted to show everything that carries a claim: 45 s by which a list may be behind,
    /// 20 s for which the last call of a lost grain may still be under way, and 10 s of difference between nodes' clocks.
    /// </summary>
    public static readonly TimeSpan ListsLag = TimeSpan.FromSeconds(75);

    /// <summary>
    /// How many are kept, the newest ones. A guest has few; at its end, those that were dropped are still destroyed by its claim.
    /// </summary>
    private const int MostCondemned = 8;

    private static readonly string NoMoreCreates =
        $"The outcome of {MostUnaccounted} creates is unknown, and each may have left a VM: no other is made";

    /// <summary>A newly arrived guest with the intent of its first attempt, so that both are one write.</summary>
    public static Guest OrderVm(this Guest arriving, string provider, DateTimeOffset now) => arriving with
    {
        Vm = new() { Host = provider, State = VmState.Requested, RequestedAt = now, Attempts = 1, UnderWay = VmTry.Make },
    };

    /// <summary>What is to be done next by a grain that has nothing under way.</summary>
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
    /// The intent of one more attempt, written before its call by a grain that has none under way. If an unknown VM may carry the guest's
    /// claim, the attempt only looks for it, until the provider's list has shown nothing for long enough to be trusted.
    /// </summary>
    /// <param name="isExact">Whether the provider finds at once whatever an attempt has made: then no outcome stays unknown.</param>
    public static Guest BeginAttempt(this Guest guest, DateTimeOffset now, bool isExact)
    {
        var vm = guest.Vm.WithoutLostAttempt(isExact);
        var mayMake = vm.Unaccounted is 0 || (vm.Unaccounted < MostUnaccounted && vm.CleanSince <= now - ListsLag);
        return guest with { Vm = vm with { Attempts = vm.Attempts + 1, NotBefore = null, UnderWay = mayMake ? VmTry.Make : VmTry.Find } };
    }

    /// <summary>
    /// An ended or displaced guest whose last attempt was lost when its grain left memory: the attempt's outcome stays unknown.
    /// </summary>
    /// <returns>The same guest where no attempt was under way.</returns>
    public static Guest LoseAttempt(this Guest guest, bool isExact) =>
        guest.Vm is { UnderWay: not null, State: not VmState.Requested } ? guest with { Vm = guest.Vm.WithoutLostAttempt(isExact) } : guest;

    /// <summary>Takes in a report. The same guest where it changes nothing that counts.</summary>
    /// <param name="mostAttempts">How many attempts there are before the guest is given up.</param>
    /// <param name="jitter">From 0 up to 1: spreads retries of what failed at the same time.</param>
    public static Guest Observe(this Guest guest, VmReport report, int mostAttempts, DateTimeOffset now, double jitter) => report switch
    {
        VmReport.Made made => guest.ObservedMade(made, now),
        VmReport.NotFound notFound => guest.ObservedNone(notFound.Attempt, now),
        VmReport.Failed failed => guest.ObservedFailure(failed, mostAttempts, now, jitter),
        VmReport.Ready ready => guest.ObservedReady(ready.VmId, now),
        VmReport.Looked looked => guest.ObservedPresence(looked, now),
        VmReport.Gone gone => guest.ObservedGone(gone, now),
        VmReport.NotGone notGone => guest.ObservedNotGone(notGone, now, jitter),
        _ => guest,
    };

    /// <summary>
    /// Whether the VM that an attempt has brought has no owner, and must be destroyed at once. False while an attempt or a release is still
    /// to come that may take or find it.
    /// </summary>
    public static bool IsStray(this Guest guest, VmReport.Made made) =>
        guest.Vm is { State: VmState.Booting or VmState.Ready or VmState.None or VmState.Left } or { DestroyedAt: not null }
        && made.VmId != guest.Vm.Id && made.VmId != guest.VmId;

    /// <summary>The next moment at which the guest must act, even if its grain has left memory by then; null: never again.</summary>
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
    /// The provider has made, or found, the guest's VM. A VM that comes after the guest's end still belongs to the guest, and is to be
    /// destroyed.
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

    /// <summary>A look found nothing under the guest's claim: the next attempt may make a VM once that result can be trusted.</summary>
    private static Guest ObservedNone(this Guest guest, int attempt, DateTimeOffset now)
    {
        if (guest.Vm is not { State: VmState.Requested } vm || vm.Attempts != attempt)
            return guest;
        var clean = vm.CleanSince ?? now;
        var looked = guest with { Vm = vm with { CleanSince = clean, NotBefore = clean + ListsLag, UnderWay = null } };
        return vm.Unaccounted >= MostUnaccounted ? looked.FailProvisioning(NoMoreCreates, now) : looked;
    }

    /// <summary>An attempt failed. The guest ends if it was the last attempt, or if another one cannot help.</summary>
    private static Guest ObservedFailure(this Guest guest, VmReport.Failed failure, int mostAttempts, DateTimeOffset now, double jitter)
    {
        if (guest.Vm.Attempts != failure.Attempt)
            return guest;

        var vm = guest.Vm with
        {
            UnderWay = null,
            Unaccounted = guest.Vm.Unaccounted + (failure.MayHaveMade ? 1 : 0),
            // A VM without a claim never gets one: its attempt is over, and no list would ever show the VM.
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
                NotBefore = now + VmRetries.After(guest.Vm.Attempts, jitter, failure.RetryAfter),
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

    /// <summary>A direct look found a running guest's VM, did not find it, or found that it has ended.</summary>
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
    /// The provider has shown that nothing of the guest's is left. After a create of unknown outcome this counts only once it has been
    /// shown twice, so far apart that the second list contains what the first one may have missed: a report may come long after its list.
    /// </summary>
    private static Guest ObservedGone(this Guest guest, VmReport.Gone gone, DateTimeOffset now)
    {
        if (guest.Vm is not { State: VmState.Destroying or VmState.Lost, DestroyedAt: null } vm)
            return guest;
        var clean = gone.HasDestroyed ? now : vm.CleanSince ?? now;
        if (vm.Unaccounted > 0 && clean + ListsLag > gone.AsOf(now))
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
    private static Guest ObservedNotGone(this Guest guest, VmReport.NotGone failure, DateTimeOffset now, double jitter) =>
        guest.Vm is { State: VmState.Destroying or VmState.Lost, DestroyedAt: null }
            ? guest with
            {
                Vm = guest.Vm with
                {
                    LastError = failure.Error,
                    FailedReleases = guest.Vm.FailedReleases + 1,
                    NotBefore = now + VmRetries.After(guest.Vm.FailedReleases + 1, jitter, failure.RetryAfter),
                    CleanSince = null,
                },
            }
            : guest;

    /// <summary>
    /// The grain that began the attempt was lost, and with it the outcome of the create. That is a doubt only if the attempt may have made
    /// a VM that the provider may not show.
    /// </summary>
    private static Vm WithoutLostAttempt(this Vm vm, bool isExact) => vm switch
    {
        // In a row from before this was kept, an attempt has begun if none is due later.
        { UnderWay: VmTry.Make } or { UnderWay: null, State: VmState.Requested, NotBefore: null } when !isExact =>
            vm with { UnderWay = null, Unaccounted = vm.Unaccounted + 1, CleanSince = null },
        _ => vm with { UnderWay = null },
    };

    /// <summary>
    /// The effect of activating a guest by hand on a VM of its own that was on the way: it is destroyed, unless it is the same VM that is
    /// given. That one stays the guest's own, and counts as ready because a host has said so.
    /// </summary>
    internal static Vm Displaced(this Vm vm, string givenVmId, DateTimeOffset at) => vm switch
    {
        { State: VmState.Booting, Id: { } own } when IsSame(own, givenVmId) =>
            vm with { State = VmState.Ready, ReadyAt = at, LastError = null, NotBefore = null },
        { State: VmState.Requested or VmState.Booting } =>
            vm with { State = VmState.Destroying, DestroyRequestedAt = at, NotBefore = null, CleanSince = null },
        _ => vm,
    };

    /// <summary>
    /// The VM that was given by hand, and what a release does about it now; null where there is none beside the guest's own.
    /// </summary>
    private static GivenVm? Given(this Guest guest) =>
        guest.VmId is not { } given || (guest.Vm.Id is { } own && IsSame(own, given)) ? null
        : new(given, guest.IsStaying ? GivenVmFate.Kept : guest.MayDestroyGivenVm ? GivenVmFate.Destroyed : GivenVmFate.LeftUnlessClaimed);

    /// <summary>Ignores case, because a person may write a UUID in capitals.</summary>
    private static bool IsSame(string vmId, string? other) => vmId.Equals(other, StringComparison.OrdinalIgnoreCase);

    /// <summary>
    /// The VM after the guest's end: it is to be destroyed at once. Without a VM provider there is nothing to destroy, and a VM given by
    /// hand is left as it is.
    /// </summary>
    /// <param name="givenVmId">The VM given by hand, which the provider is asked to destroy too; null where none was.</param>
    internal static Vm Ending(this Vm vm, string? givenVmId, DateTimeOffset at) => vm switch
    {
        { Host: null } => givenVmId is null ? vm : vm with { State = VmState.Left },
        { State: VmState.None } when givenVmId is null => vm,
        _ => vm with { State = VmState.Destroying, DestroyRequestedAt = at, NotBefore = null, CleanSince = null },
    };
}
