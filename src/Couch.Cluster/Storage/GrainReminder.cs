
namespace Couch.Cluster.Storage;

/// <summary>
/// A grain's one reminder: the next moment it must act. A missed tick is never replayed, so the period is the worst
/// lateness; an early or a second tick is harmless, because every call checks the clock itself.
/// </summary>
internal static class GrainReminder
{
    /// <summary>Orleans' least period, and so the most a tick can be late once its node is back.</summary>
    public static readonly TimeSpan Period = TimeSpan.FromMinutes(1);

    private const string Name = "due";

    /// <summary>Durable once it returns.</summary>
    /// <exception cref="StorageUnavailableException">The reminder was not written, or the outcome is not known.</exception>
    public static async Task Arm(this IGrainBase grain, DateTimeOffset due, TimeProvider clock, CouchDatabase database)
    {
        var wait = due - clock.GetUtcNow();
        try
        {
            await database.Twice(() => (Task)grain.RegisterOrUpdateReminder(Name, wait > TimeSpan.Zero ? wait : TimeSpan.Zero, Period));
        }
        catch (Exception failure)
        {
            throw database.Unavailable(failure);
        }
    }

    /// <summary>Best effort: a reminder that stays behind ticks once more and is disarmed then.</summary>
    public static async Task Disarm(this IGrainBase grain)
    {
        if (await grain.GetReminder(Name) is { } reminder)
            await grain.UnregisterReminder(reminder);
    }
}
