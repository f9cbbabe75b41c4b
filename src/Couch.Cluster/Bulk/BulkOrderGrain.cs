using Couch.Cluster.Events;
using Couch.Cluster.Storage;
using Couch.Domain.Bulk;
using Couch.Domain.Text;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orleans.Storage;

namespace Couch.Cluster.Bulk;

[GrainType(GrainKinds.BulkOrder)]
internal sealed partial class BulkOrderGrain(
    IGrainStorage storage,
    CouchDatabase database,
    EventRecords records,
    BulkWork work,
    IServiceProvider services,
    TimeProvider clock,
    ILogger<BulkOrderGrain> log) : Grain, IBulkOrderGrain, IRemindable, IDisposable
{
    private static readonly RowRules<BulkOrder> Rules = new() { NextMoment = order => order.NextMoment };

    /// <summary>How long the work pauses after a failure.</summary>
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    // A node that shuts down waits for no order: another goes on with it.
    private readonly CancellationTokenSource leaving =
        CancellationTokenSource.CreateLinkedTokenSource(services.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping);

    private GrainRow<BulkOrder> row = null!;
    private IGrainTimer? working;
    private TaskCompletionSource progress = NewSignal();
    private bool hasToldOfFailure;

    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        row = new(GrainContext, GrainKinds.BulkOrder, storage, database, Leave, Rules, records, Changed);
        return Task.CompletedTask;
    }

    public override Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        Leave();
        return Task.CompletedTask;
    }

    public void Dispose() => leaving.Dispose();

    public async Task<BulkOrder> Give(BulkOrder order)
    {
        if (await row.Read() is { } given)
            return given;

        order.MustBeNew(this.GetPrimaryKeyString());
        await row.Write(order.Begin(clock.Now()));
        LogGiven(order.Id, order.Action.Word());
        return row.Current!;
    }

    public async Task<BulkOrder?> WaitForProgress(BulkOrder seen)
    {
        var began = clock.GetTimestamp();
        await row.Read();
        Drive();
        while (row.Current is { } order && order == seen && !order.IsFinished && !leaving.IsCancellationRequested
            && IBulkOrderGrain.LongestWait - clock.GetElapsedTime(began) is var left && left > TimeSpan.Zero)
            await progress.Task.WaitAsync(left.InTimerUnits(), clock, leaving.Token).ConfigureAwait(
                ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        return row.Current;
    }

    public async Task ReceiveReminder(string reminderName, TickStatus status)
    {
        try
        {
            if (await row.Read() is not { } order)
                return;
            if (!order.IsOver(clock.GetUtcNow()))
            {
                Drive();
                return;
            }

            await row.Delete();
            DeactivateOnIdle();
        }
        catch (UnreadableRowException)
        {
            // It waits until the row can be read; housekeeping reports it.
        }
    }

    private void Changed()
    {
        var told = progress;
        progress = NewSignal();
        told.TrySetResult();
        Drive();
    }

    /// <summary>Has the order worked on, while it is not finished. The timer keeps the grain in memory.</summary>
    private void Drive()
    {
        if (row.Current is { IsFinished: false })
            working ??= this.RegisterGrainTimer(
                GoOn, new GrainTimerCreationOptions(TimeSpan.Zero, Pause) { KeepAlive = true, Interleave = true });
        else
        {
            working?.Dispose();
            working = null;
        }
    }

    /// <summary>Works until all is done, or until nothing is left but what has just failed: then the timer calls it again.</summary>
    private async Task GoOn()
    {
        try
        {
            while (row.Current is { IsFinished: false } order && !leaving.IsCancellationRequested)
            {
                var (results, failure) = await work.Do(order, leaving.Token);
                if (failure is not null)
                    TellOf(failure);
                var done = order.Record(results);
                var next = done.Take(await work.Find(done, leaving.Token), clock.Now());
                if (next != order)
                    await row.Write(next);
                if (failure is not null && next.Batch == done.Batch)
                    return;
            }

            if (row.Current is { IsFinished: true } finished)
                LogFinished(finished.Id, finished.Done, finished.AlreadyEnded, finished.EachNotFound.Count + finished.EachUnreadable.Count);
        }
        catch (InconsistentStateException)
        {
            // Another activation goes on with it.
            Leave();
        }
        catch (Exception) when (leaving.IsCancellationRequested)
        {
        }
        catch (Exception failure)
        {
            TellOf(failure);
        }
    }

    /// <summary>
    /// Ends this activation and whatever waits in it. What the batch has done so far is done; another activation repeats it, with the same
    /// results.
    /// </summary>
    private void Leave()
    {
        leaving.Cancel();
        progress.TrySetResult();
        DeactivateOnIdle();
    }

    /// <summary>Once an activation: an order may have to wait for long, and tries again every second.</summary>
    private void TellOf(Exception failure)
    {
        if (!hasToldOfFailure)
            LogPaused(this.GetPrimaryKeyString(), failure.Message);
        hasToldOfFailure = true;
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    [LoggerMessage(289, LogLevel.Information, "couch.bulk.given {OrderId}: {Action}", EventName = "couch.bulk.given")]
    private partial void LogGiven(BulkOrderId orderId, string action);

    [LoggerMessage(
        294, LogLevel.Information, "couch.bulk.finished {OrderId}: ended {Done}, {AlreadyEnded} had ended before, {Failed} failed",
        EventName = "couch.bulk.finished")]
    private partial void LogFinished(BulkOrderId orderId, int done, int alreadyEnded, int failed);

    [LoggerMessage(295, LogLevel.Warning, "Bulk order {OrderId} could not end each that it is for, and tries again every second: {Reason}")]
    private partial void LogPaused(string orderId, string reason);
}
