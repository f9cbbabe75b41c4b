using Couch.Domain.Guests;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Couch.Cluster.Guests;

/// <summary>
/// Callers that wait until the guest changes, or until this node is told to stop, because the shutdown would wait for them.
/// </summary>
internal sealed partial class GuestGrain
{
    private readonly CancellationToken nodeStops = services.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping;
    private TaskCompletionSource changed = NewSignal();
    private bool isLeaving;

    public async Task<Guest?> WaitForChange(GuestStatus status, string? agentEndpoint, TimeSpan atMost)
    {
        await Load();
        var until = clock.GetUtcNow() + (atMost < IGuestGrain.LongestWait ? atMost : IGuestGrain.LongestWait);
        while (true)
        {
            var now = clock.GetUtcNow();
            var guest = AsOfNow;
            if (isLeaving || nodeStops.IsCancellationRequested || now >= until || guest is not { IsStaying: true }
                || guest.Status != status || guest.AgentEndpoint != agentEndpoint)
                return guest;

            // An end by the clock changes what every caller sees before anything is written.
            var next = guest.ExpiresAt < until ? guest.ExpiresAt : until;
            using var waiting = CancellationTokenSource.CreateLinkedTokenSource(nodeStops);
            await Task.WhenAny(changed.Task, Task.Delay((next - now).InTimerUnits(), clock, waiting.Token));
            await waiting.CancelAsync();
        }
    }

    private void TellWaiting()
    {
        var over = changed;
        changed = NewSignal();
        over.SetResult();
    }

    /// <summary>Called when the activation ends: a waiting caller is answered now, and asks the next activation.</summary>
    private void LetWaitingGo()
    {
        isLeaving = true;
        TellWaiting();
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
