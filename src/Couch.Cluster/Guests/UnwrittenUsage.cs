using System.Threading.Channels;
using Couch.Cluster.Storage;
using Couch.Domain.Guests;
using Microsoft.Extensions.Logging;

namespace Couch.Cluster.Guests;

/// <summary>
/// Counters that grains of this node held and had to let go of unwritten: the database was away, or another activation
/// wrote the row. They are reported again until the guest has them. Counters are absolute and never go down, so telling
/// twice is telling once, and whatever the guest has heard meanwhile stands. Only what ends with the process is lost.
/// </summary>
internal sealed partial class UnwrittenUsage : IDisposable
{
    private const int AtOnce = 8;
    private static readonly TimeSpan AfterFailure = TimeSpan.FromSeconds(1);

    private readonly Channel<Counters> unwritten = Channel.CreateUnbounded<Counters>();
    private readonly CancellationTokenSource leaving = new();
    private readonly IGrainFactory grains;
    private readonly TimeProvider clock;
    private readonly ILogger<UnwrittenUsage> log;

    public UnwrittenUsage(IGrainFactory grains, TimeProvider clock, ILogger<UnwrittenUsage> log)
    {
        (this.grains, this.clock, this.log) = (grains, clock, log);
        var left = leaving.Token;
        for (var teller = 0; teller < AtOnce; teller++)
            Task.Run(() => TellAll(left), CancellationToken.None);
    }

    public void Dispose()
    {
        leaving.Cancel();
        leaving.Dispose();
    }

    public void Tell(Guest guest) => unwritten.Writer.TryWrite(new(guest.Id, guest.ResourceUsage.AsReport()));

    private async Task TellAll(CancellationToken left)
    {
        while (!left.IsCancellationRequested)
        {
            try
            {
                var counters = await unwritten.Reader.ReadAsync(left);
                if (await IsTold(counters))
                    continue;

                // To the end of the line: a guest that cannot be told keeps nobody waiting for longer than this.
                unwritten.Writer.TryWrite(counters);
                await Task.Delay(AfterFailure, clock, left);
            }
            catch (OperationCanceledException)
            {
                // This node goes.
            }
        }
    }

    private async Task<bool> IsTold(Counters counters)
    {
        try
        {
            await grains.GetGrain<IGuestGrain>(counters.Guest.Value).Report(counters.Usage);
            return true;
        }
        catch (UnreadableRowException unreadable)
        {
            // There is nowhere to keep them until somebody has seen to the row; the next report has them.
            LogDropped(counters.Guest, unreadable.Message);
            return true;
        }
        catch (Exception failure)
        {
            LogNotTold(counters.Guest, failure.Message);
            return false;
        }
    }

    private sealed record Counters(GuestId Guest, UsageReport Usage);

    [LoggerMessage(211, LogLevel.Warning, "Usage of guest {GuestId} cannot be written and is dropped: {Reason}")]
    private partial void LogDropped(GuestId guestId, string reason);

    [LoggerMessage(20, LogLevel.Warning, "Usage of guest {GuestId} is not written yet, and will be told again: {Reason}")]
    private partial void LogNotTold(GuestId guestId, string reason);
}
