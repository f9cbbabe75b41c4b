using System.Globalization;
using System.Security.Cryptography;
using Couch.Cluster.Storage;
using Couch.Cluster.Telemetry;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Couch.Cluster.Vms;

/// <summary>
/// Whether this couch is the only one with its data at its VM provider. A copy of the data, started beside it, has the same guests,
/// and would destroy their VMs when its own, older rows expire. So a couch keeps a mark at the provider, exchanges it every few
/// seconds, and stores its own marks in its database: a mark that it does not know is another couch's. As long as the other couch
/// exchanges its mark, nothing is made or destroyed here. Once that mark has not changed for a minute, this couch takes over, as
/// after the restore of a backup.
/// </summary>
/// <remarks>
/// A new mark is written to the database before it is written to the provider. A crash between the two leaves an earlier mark of
/// this couch at the provider, and the next look writes the new one again. Every node looks; the first one to exchange the mark
/// does so for all.
/// </remarks>
/// <param name="provider">The provider's name.</param>
/// <param name="mark">Null when the provider has no place for one: then every couch counts as alone.</param>
internal sealed partial class InstallationLease(
    string provider, IInstallationMark? mark, Installation installation, CouchMeter meter, RandomNumberGenerator random, TimeProvider clock,
    ILogger<InstallationLease> log)
    : BackgroundService
{
    /// <summary>Another couch's mark that has not changed for this long belongs to a couch that has ended.</summary>
    internal static readonly TimeSpan StandsStill = TimeSpan.FromMinutes(1);

    /// <summary>The greatest age of the newest mark.</summary>
    internal static readonly TimeSpan Renewal = TimeSpan.FromSeconds(10);

    private static readonly TimeSpan Round = TimeSpan.FromSeconds(5);

    /// <summary>How long a look is valid: a node that was paused meanwhile looks again before it destroys anything.</summary>
    private static readonly TimeSpan Believed = TimeSpan.FromSeconds(30);

    /// <summary>The longest that a provider that does not report its mark delays a kill.</summary>
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(5);

    /// <summary>More than any exchange leaves behind.</summary>
    private const int MarksKept = 8;

    private readonly SemaphoreSlim turn = new(1);

    /// <summary>Another couch's marks that have not been unchanged for long enough; null when this couch is alone.</summary>
    private volatile Sighting? foreign;

    /// <summary>When the last look ended; zero before the first.</summary>
    private long looked;

    private bool isSilent;

    public InstallationLease(
        IVmProvider provider, Installation installation, CouchMeter meter, RandomNumberGenerator random, TimeProvider clock,
        ILogger<InstallationLease> log)
        : this(provider.Name, provider.Mark, installation, meter, random, clock, log)
    {
    }

    /// <summary>
    /// Returns when this couch may make and destroy VMs. When the provider or the database cannot answer, the last observation
    /// counts.
    /// </summary>
    /// <exception cref="VmProviderException">Another couch with this one's data is at work.</exception>
    public async Task MustBeAlone()
    {
        if (!IsFresh)
            await LookInTurn(unlessFresh: true, CancellationToken.None);
        if (foreign is not null)
            throw new VmProviderException(Contested) { RetryAfter = Round };
    }

    /// <summary>Reads the mark at the provider, and exchanges this couch's own.</summary>
    internal Task Look(CancellationToken cancel) => LookInTurn(unlessFresh: false, cancel);

    public override void Dispose()
    {
        turn.Dispose();
        base.Dispose();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (mark is null)
            return;
        while (!stoppingToken.IsCancellationRequested)
        {
            await Look(stoppingToken);
            await Task.Delay(Round, clock, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private bool IsFresh => Volatile.Read(ref looked) is not 0 and var at && clock.GetElapsedTime(at) < Believed;

    private string Contested =>
        $"Another couch with this one's data is at work at {provider}: a copy was started beside it, or this is the copy. "
        + "Nothing is made or destroyed here while the other goes on; stop the one that is not meant";

    private async Task LookInTurn(bool unlessFresh, CancellationToken cancel)
    {
        await turn.WaitAsync(CancellationToken.None);
        try
        {
            if (unlessFresh && IsFresh)
                return;
            using var late = new CancellationTokenSource(Bound, clock);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(cancel, late.Token);
            try
            {
                if (mark is not null)
                    await Compare(mark, either.Token);
                isSilent = false;
            }
            catch (Exception failure) when (failure is VmProviderException or StorageUnavailableException or OperationCanceledException)
            {
                if (!isSilent && !cancel.IsCancellationRequested)
                    LogUnknown(provider, failure.Message);
                isSilent = true;
            }

            Volatile.Write(ref looked, clock.GetTimestamp());
        }
        finally
        {
            turn.Release();
        }
    }

    private async Task Compare(IInstallationMark kept, CancellationToken cancel)
    {
        // The provider is read first: a mark that another node of this couch has exchanged since then is in the database.
        IReadOnlyList<string> found = [.. await kept.Read(installation.Id, cancel)];
        var marks = await installation.Marks(cancel);
        var own = marks.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        // A mark that is older than the oldest own mark is this couch's too, but no longer stored: it is found at an engine whose
        // node was down.
        var since = own is [var oldest, ..] ? TimeOf(oldest) : 0;
        var others = string.Join(' ', found.Except(own).Where(one => TimeOf(one) >= since).Order(StringComparer.Ordinal));
        var before = foreign;
        var sighting = before?.Marks == others ? before : new(others, clock.GetTimestamp());
        if (others.Length is 0 || clock.GetElapsedTime(sighting.Since) >= StandsStill)
        {
            foreign = null;
            if (before is not null)
                LogAlone(provider);
            await Exchange(
                kept, isNewestThere: found is [var one] && one == own.LastOrDefault(), isTakingOver: others.Length > 0, marks, own, cancel);
            return;
        }

        foreign = sighting;
        if (before is null)
            LogContested(Contested);
        meter.Found(Finding.Hold);
    }

    private async Task Exchange(
        IInstallationMark kept, bool isNewestThere, bool isTakingOver, string marks, string[] own, CancellationToken cancel)
    {
        if (own is [.., var newest] && !isTakingOver && !(isNewestThere && IsOld(newest)))
        {
            // An exchange that did not reach the provider is completed before another begins.
            if (!isNewestThere)
                await kept.Write(installation.Id, newest, cancel);
            return;
        }

        var bytes = new byte[8];
        random.GetBytes(bytes);
        var next = $"{clock.GetUtcNow().ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture)}.{Convert.ToHexStringLower(bytes)}";
        if (await installation.ReplaceMarks(marks, string.Join(' ', [.. own.TakeLast(MarksKept - 1), next]), cancel))
            await kept.Write(installation.Id, next, cancel);
    }

    /// <summary>By this node's clock. One that is wrong exchanges marks too often, which does no harm.</summary>
    private bool IsOld(string newest) => Math.Abs(clock.GetUtcNow().ToUnixTimeSeconds() - TimeOf(newest)) >= Renewal.TotalSeconds;

    /// <summary>When a mark was made, in seconds since 1970; the greatest value for a text that is no mark.</summary>
    private static long TimeOf(string mark) =>
        long.TryParse(mark.Split('.')[0], NumberStyles.None, CultureInfo.InvariantCulture, out var at) ? at : long.MaxValue;

    /// <param name="Since">When the marks were first found in this form.</param>
    private sealed record Sighting(string Marks, long Since);

    [LoggerMessage(303, LogLevel.Error, "couch.installation.contested: {Sentence}", EventName = "couch.installation.contested")]
    private partial void LogContested(string sentence);

    [LoggerMessage(304, LogLevel.Warning, "This couch works alone at {Provider} again", EventName = "couch.installation.alone")]
    private partial void LogAlone(string provider);

    [LoggerMessage(305, LogLevel.Warning, "Whether another couch with this one's data is at work at {Provider} is not known: {Reason}")]
    private partial void LogUnknown(string provider, string reason);
}
