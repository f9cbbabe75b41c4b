using Couch.Domain.Guests;

namespace Couch.Cluster.Vms.Docker;

/// <summary>
/// Makes and removes a guest's sandbox one after the other, in the order asked, on this node. A release that overtook
/// a create would find nothing, and then there would be something. A turn goes on to its own end when its caller stops
/// waiting, for the engine may be making the sandbox all the same.
/// </summary>
internal sealed class GuestTurns
{
    private readonly Dictionary<GuestId, Task> last = [];

    public Task<T> Take<T>(GuestId guest, Func<Task<T>> act, CancellationToken cancel)
    {
        lock (last)
        {
            var turn = After(last.GetValueOrDefault(guest, Task.CompletedTask), act);
            last[guest] = turn;
            _ = Forget(guest, turn);
            return turn.WaitAsync(cancel);
        }
    }

    private static async Task<T> After<T>(Task before, Func<Task<T>> act)
    {
        // How the turn before ended was told to its own caller.
        await before.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ForceYielding);
        return await act();
    }

    private async Task Forget(GuestId guest, Task turn)
    {
        // Who stopped waiting asks again, and then learns how it is: nobody is owed this turn's failure.
        await turn.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ForceYielding);
        lock (last)
        {
            if (last.GetValueOrDefault(guest) == turn)
                last.Remove(guest);
        }
    }
}
