using Couch.Domain.Vms;

namespace Couch.Cluster.Vms;

/// <summary>
/// Bounds the creates that a node has in progress at the provider. A create of unknown outcome keeps its place: so a provider that
/// makes VMs without confirming them is asked for no more of them at a time than there are places. Each create that succeeds frees
/// a kept place besides its own; without a success, one is freed every two minutes, for another try. Only creates take places here,
/// so this never delays a destroy.
/// </summary>
internal sealed class CreateGate(int places, TimeProvider clock) : IDisposable
{
    /// <summary>By then the grace period of a VM without a label is over: on a dedicated account the sweep destroys it.</summary>
    private static readonly TimeSpan Kept = VmReconciliation.Grace;

    private readonly SemaphoreSlim free = new(places);
    private readonly CancellationTokenSource leaving = new();
    private readonly Lock gate = new();
    private int kept;
    private bool isFreeing;

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
            kept++;
            // One loop for all: it may still wait although successes have freed every place meanwhile.
            if (isFreeing)
                return;
            isFreeing = true;
        }

        var left = leaving.Token;
        Task.Run(
            async () =>
            {
                do
                    await Task.Delay(Kept, clock, left);
                while (GiveBackOnTime());
            },
            left);
    }

    /// <returns>Whether more places are still kept.</returns>
    private bool GiveBackOnTime()
    {
        lock (gate)
        {
            GiveBack();
            return isFreeing = kept > 0;
        }
    }

    private void GiveBack()
    {
        lock (gate)
        {
            if (kept is 0)
                return;
            kept--;
            free.Release();
        }
    }
}
