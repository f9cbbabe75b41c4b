using System.Collections.Concurrent;
using Microsoft.Extensions.Hosting;

namespace Couch.Cluster.Delivery;

/// <summary>
/// Sends a bounded number of reminder ticks at a time, for each kind of grain. Ten thousand guests may be due at one moment, and
/// a tick makes a grain that is not in memory read its row: sent all at once, the reads wait for the database's connections longer than
/// they may, fail together, and come again together a minute later. A tick that waits here has not been sent, so nothing of it
/// times out.
/// </summary>
internal sealed class TickLine(IHostApplicationLifetime process) : IOutgoingGrainCallFilter, IDisposable
{
    /// <summary>Fewer than the connections to the database, so that callers' reads get one meanwhile.</summary>
    internal const int AtOnce = 16;

    // One line for each kind: a webhook's tick waits for its receiver, which must not keep a guest from its end.
    private readonly ConcurrentDictionary<GrainType, SemaphoreSlim> lines = new();

    public Task Invoke(IOutgoingGrainCallContext context) =>
        context.MethodName is nameof(IRemindable.ReceiveReminder) ? InTurn(context) : context.Invoke();

    public void Dispose()
    {
        foreach (var line in lines.Values)
            line.Dispose();
    }

    private async Task InTurn(IOutgoingGrainCallContext tick)
    {
        var line = lines.GetOrAdd(tick.TargetId.Type, _ => new(AtOnce));
        await line.WaitAsync(process.ApplicationStopping);
        try
        {
            await tick.Invoke();
        }
        finally
        {
            line.Release();
        }
    }
}
