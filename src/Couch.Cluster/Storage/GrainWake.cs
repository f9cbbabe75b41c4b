namespace Couch.Cluster.Storage;

/// <summary>
/// Wakes a grain at the moment that its row names. Orleans' reminder service reads these moments from the table, once a minute, and
/// ticks every minute from then on until the row names another: nothing is armed or disarmed. A tick that is early, duplicate or
/// missing is harmless, because every call checks the clock itself. For a moment so near that the service may not have read it yet,
/// an active grain wakes itself.
/// </summary>
/// <param name="act">Does what is due; after a failure the next tick tries again.</param>
internal sealed class GrainWake(IGrainBase grain, TimeProvider clock, Func<Task> act)
{
    /// <summary>Orleans' shortest period: how often the table is read, and how late an inactive grain is woken at most.</summary>
    public static readonly TimeSpan Period = TimeSpan.FromMinutes(1);

    // One read of the table may fail.
    private static readonly TimeSpan Near = 2 * Period;

    // The name under which older versions armed reminders, in a table of their own.
    private const string Armed = "due";

    private IGrainTimer? timer;
    private DateTimeOffset? set;

    /// <summary>Wakes the grain at <paramref name="moment"/>, where that is near; null: never.</summary>
    public void At(DateTimeOffset? moment)
    {
        if (moment is { } far && far - clock.GetUtcNow() > Near)
            moment = null;
        if (moment == set)
            return;

        timer?.Dispose();
        (timer, set) = (null, moment);
        if (moment is not { } due)
            return;
        var wait = due - clock.GetUtcNow();
        timer = grain.RegisterGrainTimer(
            Act, new GrainTimerCreationOptions(wait > TimeSpan.Zero ? wait : TimeSpan.Zero, Timeout.InfiniteTimeSpan) { KeepAlive = true });
    }

    /// <summary>
    /// Removes a reminder that an older version armed, once it has ticked and its grain need not be woken again. Until then it
    /// stays, because the silo that ticks it may be of the older version, which reads no rows.
    /// </summary>
    /// <param name="needsNoWake">Whether there is no row, or it names no moment.</param>
    public async Task Forget(string reminder, bool needsNoWake)
    {
        if (needsNoWake && reminder == Armed && await grain.GetReminder(reminder) is { } armed)
            await grain.UnregisterReminder(armed);
    }

    private async Task Act()
    {
        set = null;
        try
        {
            await act();
        }
        catch (Exception failure) when (failure is StorageUnavailableException or UnreadableRowException)
        {
        }
    }
}
