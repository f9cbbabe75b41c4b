using Couch.Domain.Vms;

namespace Couch.Cluster.Vms;

/// <summary>
/// How many creates a node has under way at the provider. One of unknown outcome keeps its place: so a provider that
/// makes VMs and does not say so is asked for no more of them at a time than there are places. Each create that succeeds
/// gives back a kept place with its own; where none does, one comes back every two minutes, to ask again. Nothing but creates
/// passes here, so it never stands before a destroy.
/// </summary>
internal sealed class CreateGate(int places, TimeProvider clock) : IDisposable
{
    /// <summary>By then a VM without a label has had its time: on a dedicated account the sweep destroys it.</summary>
    private static readonly TimeSpan Kept = VmReconciliation.Grace;

    private readonly SemaphoreSlim free = new(places);
    private readonly CancellationTokenSource leaving = new();
    private readonly Lock gate = new();
    private int kept;

    public void Dispose()
    {
        leaving.Cancel();
        leaving.Dispose();
        free.Dispose();
    }

    /// <summary>Runs <paramref name="create"/> once there is a place for it.</summary>
    public async Task<T> Run<T>(Func<Task<T>> create)
    {
        await free.WaitAsync();
        try
        {
            var made = await create();
            GiveBack();
            free.Release();
            return made;
        }
        catch (VmProviderException failure) when (!failure.MayHaveMade)
        {
            free.Release();
            throw;
        }
        catch
        {
            Keep();
            throw;
        }
    }

    private void Keep()
    {
        lock (gate)
        {
            if (++kept > 1)
                return;
        }

        var left = leaving.Token;
        Task.Run(
            async () =>
            {
                do
                    await Task.Delay(Kept, clock, left);
                while (GiveBack());
            },
            left);
    }

    /// <returns>Whether others are still kept.</returns>
    private bool GiveBack()
    {
        lock (gate)
        {
            if (kept is 0)
                return false;
            kept--;
            free.Release();
            return kept > 0;
        }
    }
}
