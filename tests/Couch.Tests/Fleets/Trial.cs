using System.Globalization;
using Couch.Tests.Support;
using Xunit;

namespace Couch.Tests.Fleets;

/// <summary>
/// A fleet under load, while something is done to it. What it must withstand is always the same, and is claimed here;
/// the figures go to the report.
/// </summary>
/// <param name="isLogged">Whether all nodes are of a version that logs events.</param>
internal sealed class Trial(string name, string database, Tally tally, Fleet fleet, TimeSpan skew = default, bool isLogged = true)
{
    /// <summary>In the short form two fleets share the machine.</summary>
    private static readonly int Callers = Support.Length.Of(5, 12);

    /// <summary>How late an end may be recorded.</summary>
    private static readonly TimeSpan LatestEnd = TimeSpan.FromMinutes(2);

    /// <summary>How long VMs may take to go once their guests have ended.</summary>
    private static readonly TimeSpan Quiet = TimeSpan.FromMinutes(3);

    /// <summary>A grace of two minutes, and a sweep a minute; the rest is a slow machine's.</summary>
    private static readonly TimeSpan Swept = TimeSpan.FromMinutes(5);

    /// <summary>The length of the run.</summary>
    public static TimeSpan Length { get; } = TimeSpan.FromSeconds(Support.Length.Of(30, 240));

    private readonly Ledger ledger = new(skew, isLogged);

    public Tally Tally => tally;

    public Fleet Fleet => fleet;

    /// <summary>Loads the fleet while <paramref name="disturb"/> runs, then makes every claim.</summary>
    /// <param name="failingFor">The longest that tries may go on failing after a fault.</param>
    public async Task Run(Func<Task> disturb, TimeSpan failingFor)
    {
        using var over = new CancellationTokenSource();
        using var watched = new CancellationTokenSource();
        var overdue = new Overdue(database);
        var watching = overdue.Watch(watched.Token);
        var began = TimeProvider.System.GetTimestamp();
        var load = new Load(fleet.Balancer, ledger, Length / 3).Run(Callers, over.Token);
        try
        {
            await disturb();
            // Nothing is done any more: from here on nothing may fail, once what was done last is over.
            await Task.Delay(Length / 6, TimeProvider.System);
        }
        finally
        {
            await over.CancelAsync();
            await load;
        }

        var length = TimeProvider.System.GetElapsedTime(began);
        List<string> wrong = [.. await ledger.Check(fleet.Balancer, tally.Faults)];
        await EndAll();
        await Until.True(async () => await overdue.Now() == TimeSpan.Zero, LatestEnd, "every guest past its time is recorded as ended");
        var isQuiet = await Until.Holds(() => Task.FromResult(fleet.Vers.Vms.Left.All(vm => vm.Guest is null)), Quiet);
        // A node killed between a create and its claim leaves a VM to the sweep, which takes minutes: waited for at full length.
        var isSwept = Support.Length.Of(0, 1) is 0 || await Until.Holds(() => Task.FromResult(fleet.Vers.Vms.Left.Count is 0), Swept);
        wrong.AddRange(await ledger.CheckEnds(fleet.Balancer));
        await watched.CancelAsync();
        await watching;

        var report = Report(length, overdue.Longest, wrong.Count);
        Reports.Add(report);
        Assert.True(
            wrong.Count is 0, $"{wrong.Count} are wrong: {string.Join("; ", wrong.Take(5))}; {string.Join("; ", fleet.Bugs.Take(2))}");
        Assert.True(isQuiet, $"VMs of guests are left: {string.Join(", ", fleet.Vers.Vms.Left.Where(vm => vm.Guest is not null))}");
        Assert.True(isSwept, $"VMs that nobody claims are left: {string.Join(", ", fleet.Vers.Vms.Left)}");
        Assert.True(fleet.Vers.Vms.MostClaimedByOneGuest <= 1, "a guest had two VMs");
        Assert.True(overdue.Longest <= LatestEnd, $"an end was recorded {overdue.Longest} late");
        Assert.True(tally.FailuresForNothing is 0, $"{tally.FailuresForNothing} tries failed before anything was done");
        Assert.All(tally.FailingFor, seconds => Assert.True(seconds <= failingFor, $"tries failed until {seconds} after a fault: "
            + $"{tally.Summary}"));
    }

    /// <summary>Waits for the next beat of an even rhythm, which what is done meanwhile does not delay.</summary>
    public static async Task Every(TimeSpan period, TimeSpan length, Func<Task> act)
    {
        using var beat = new PeriodicTimer(period, TimeProvider.System);
        for (var at = TimeSpan.Zero; at + period <= length; at += period)
        {
            await beat.WaitForNextTickAsync();
            await act();
        }
    }

    /// <summary>Kills whoever still stays.</summary>
    private async Task EndAll()
    {
        var staying = (await Ledger.All(fleet.Balancer, "guests")).Values.Where(
            guest => Ledger.Text(guest, "status") is "provisioning" or "running");
        await Parallel.ForEachAsync(staying, new ParallelOptions { MaxDegreeOfParallelism = 16 }, async (guest, _) =>
            await fleet.Balancer.Send(HttpMethod.Delete, $"/couch/guests/{guest["id"]}"));
    }

    private string Report(TimeSpan length, TimeSpan latestEnd, int wrong)
    {
        var failing = tally.FailingFor.Order().ToList();
        var cells = new[]
        {
            name,
            $"{length.TotalSeconds:0} s",
            $"{tally.Faults.Count}",
            $"{tally.Answers}",
            $"{tally.Count(Failure.Unavailable)} · {tally.Count(Failure.Silent)} · {tally.Count(Failure.Broken)}",
            failing.Count is 0 ? "–" : $"{Seconds(failing[failing.Count / 2])} · {Seconds(failing[^1])}",
            $"{Seconds(tally.Wait(0.99))} · {Seconds(tally.LongestWait)}",
            $"{ledger.Acknowledged}",
            $"{wrong}",
            $"{fleet.Vers.Vms.MostClaimedByOneGuest}",
            $"{fleet.Vers.Vms.All.Count} · {fleet.Vers.Vms.Left.Count}",
            Seconds(latestEnd),
        };
        return $"| {string.Join(" | ", cells)} |";
    }

    private static string Seconds(TimeSpan time) => string.Create(CultureInfo.InvariantCulture, $"{time.TotalSeconds:0.0} s");
}
