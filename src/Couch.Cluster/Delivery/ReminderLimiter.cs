using Microsoft.Extensions.Hosting;

namespace Couch.Cluster.Delivery;

/// <summary>
/// Bounds how many reminder ticks a silo has under way. Ten thousand guests may be due at one moment, and a tick makes a grain that is
/// not in memory read its row: sent all at once, the reads wait for the database's connections longer than they may, fail together,
/// and come again together a minute later. A tick that waits here has not been sent, so nothing of it times out.
/// </summary>
/// <param name="atOnce">At most so many ticks are under way, of all kinds of grains together.</param>
/// <param name="process">When it stops, ticks that still wait are given up.</param>
internal sealed class ReminderLimiter(int atOnce, IHostApplicationLifetime process) : IOutgoingGrainCallFilter, IDisposable
{
    private readonly SemaphoreSlim places = new(atOnce);

    /// <summary>As many rows as are read together.</summary>
    public const int AtOnce = 64;

    public Task Invoke(IOutgoingGrainCallContext context) => context.MethodName is nameof(IRemindable.ReceiveReminder)
        ? places.Run(context.Invoke, process.ApplicationStopping)
        : context.Invoke();

    public void Dispose() => places.Dispose();
}
