using Couch.Domain.Guests;

namespace Couch.Domain.Vms;

/// <summary>
/// What is under way at the VM provider for one guest, as its grain knows it. Pure: a report or a moment goes in; the next guest, the next
/// work and the commands to give come out. It is not stored: a grain that is loaded again begins with <see cref="None"/>, and looks for a
/// VM before it makes one.
/// </summary>
public sealed record VmWork
{
    /// <summary>Nothing is under way.</summary>
    public static VmWork None { get; } = new();

    /// <summary>The attempt that is under way; null where none is.</summary>
    public int? Attempt { get; init; }

    /// <summary>Whether the VM that boots is being looked at.</summary>
    public bool IsWatching { get; init; }

    /// <summary>What is being destroyed; null where nothing is.</summary>
    public VmStep.Release? Release { get; init; }

    /// <summary>
    /// Whether an attempt was under way when the release began; if so, the release's report that nothing is left does not count.
    /// </summary>
    public bool ReleasesBesideAttempt { get; init; }

    /// <summary>
    /// A release has left nothing, but the attempt that was under way beside it has not ended yet: its result is waited for.
    /// </summary>
    public bool IsGoneButForAttempt { get; init; }

    /// <summary>When the next step is asked for again; null where no such moment is arranged.</summary>
    public DateTimeOffset? WakesAt { get; init; }

    /// <summary>The first attempt of a guest that has just been written.</summary>
    public static VmTurn Arrived(Guest guest) => None.Begin(guest, mayExist: false);

    /// <summary>Takes in a report. A stay whose time is up has expired, whatever has happened to its VM in the meantime.</summary>
    /// <param name="mostAttempts">How many attempts there are before the guest is given up.</param>
    /// <param name="jitter">From 0 up to 1: spreads retries of what failed at the same time.</param>
    public VmTurn Observe(Guest guest, VmReport report, int mostAttempts, DateTimeOffset now, double jitter)
    {
        var seen = guest.AsOf(now);
        if (!IsOutdated(report, seen, now))
            seen = seen.Observe(report, mostAttempts, now, jitter);

        var (rest, commands) = (After(report), new List<VmCommand>());
        if (IsWatching && !rest.IsWatching)
            commands.Add(new VmCommand.StopWatching());
        if (report is VmReport.Made made && seen.IsStray(made))
            commands.Add(new VmCommand.Destroy(made.VmId));
        if (seen.IsStaying && seen.Vm.EachCondemned is [.., var condemned] && !guest.Vm.EachCondemned.Contains(condemned))
            commands.Add(new VmCommand.Destroy(condemned));
        return new(seen, rest, commands);
    }

    /// <summary>
    /// Starts one thing that is due and not under way, the end by the clock first. The caller repeats the call until it returns null.
    /// </summary>
    /// <param name="isExact">
    /// Whether the provider finds at once whatever an attempt has made; null where there is no provider, so that only an end can be due.
    /// </param>
    /// <returns>Null where nothing is to be done now.</returns>
    public VmTurn? Next(Guest guest, DateTimeOffset now, bool? isExact)
    {
        if (guest.AsOf(now) is { } seen && seen != guest)
            return new(seen, this, []);
        if (isExact is not { } exact)
            return null;
        if (Attempt is null && guest.LoseAttempt(exact) is { } known && known != guest)
            return new(known, this, []);

        return guest.NextStep(now) switch
        {
            VmStep.Attempt when Attempt is null => Begin(guest.BeginAttempt(now, exact), mayExist: true),
            VmStep.Look when !IsWatching => new(guest, this with { IsWatching = true }, [new VmCommand.Watch()]),
            VmStep.Release what when Release is null && !IsGoneButForAttempt => new(
                guest,
                this with { IsWatching = false, Release = what, ReleasesBesideAttempt = Attempt is not null },
                [new VmCommand.StopWatching(), new VmCommand.Release(what)]),
            VmStep.Wait wait when WakesAt != wait.Until => new(guest, this with { WakesAt = wait.Until }, [new VmCommand.Wake(wait.Until)]),
            _ => null,
        };
    }

    private VmTurn Begin(Guest guest, bool mayExist) =>
        new(guest, this with { Attempt = guest.Vm.Attempts }, [new VmCommand.Attempt(mayExist)]);

    /// <summary>
    /// Whether a report that nothing is left does not count as a receipt: an attempt may have made a VM at the same time, one of an earlier
    /// activation too, whose loss is not written yet; or the guest's end wants more destroyed than the release was asked for.
    /// </summary>
    private bool IsOutdated(VmReport report, Guest guest, DateTimeOffset now) =>
        report is VmReport.Gone gone && (ReleasesBesideAttempt || guest.Vm.UnderWay is not null
            || (guest.NextStep(now) is VmStep.Release wanted && !gone.Answers(wanted)));

    /// <summary>
    /// What is still under way after a report. An attempt older than the one under way was begun before the grain was loaded again.
    /// </summary>
    private VmWork After(VmReport report)
    {
        var attempt = Attempt == AttemptOf(report) ? null : Attempt;
        return this with
        {
            Attempt = attempt,
            Release = report is VmReport.Gone or VmReport.NotGone ? null : Release,
            IsWatching = IsWatching && report is not (VmReport.Ready or VmReport.Failed),
            IsGoneButForAttempt = attempt is not null && (IsGoneButForAttempt || report is VmReport.Gone),
        };
    }

    private static int? AttemptOf(VmReport report) => report switch
    {
        VmReport.Made made => made.Attempt,
        VmReport.NotFound notFound => notFound.Attempt,
        VmReport.Failed failed => failed.Attempt,
        _ => null,
    };
}
