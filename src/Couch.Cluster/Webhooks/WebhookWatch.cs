using System.Security.Cryptography;
using Couch.Domain.Webhooks;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Couch.Cluster.Webhooks;

/// <summary>
/// Wakes all webhooks when the silo starts, and every few seconds after that, so that each webhook's grain is active on some silo and
/// follows the log. Without this a webhook whose silo died waits for its row's tick, up to a minute.
/// </summary>
internal sealed partial class WebhookWatch(
    WebhookRows rows, IGrainFactory grains, TimeProvider clock, RandomNumberGenerator random, ILogger<WebhookWatch> log)
    : BackgroundService
{
    private static readonly TimeSpan BetweenPasses = TimeSpan.FromSeconds(5);

    private const int AtOnce = 16;

    private bool hasFailed;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            await Pass(stoppingToken);
            // The jitter keeps silos that started together apart.
            await Task.Delay(BetweenPasses * (1 + random.NextFraction()), clock, stoppingToken)
                .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task Pass(CancellationToken cancel)
    {
        var failedBefore = hasFailed;
        hasFailed = false;
        try
        {
            await Parallel.ForEachAsync(
                await rows.All(cancel), new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = cancel },
                async (id, _) => await Wake(id, failedBefore));
        }
        catch (Exception failure)
        {
            // A silo that stops cancels calls, too.
            if (!cancel.IsCancellationRequested)
                Tell(failure, failedBefore);
        }
    }

    private async Task Wake(WebhookId id, bool failedBefore)
    {
        try
        {
            await grains.Webhook(id).Wake();
        }
        catch (Exception failure)
        {
            // The next pass wakes it.
            Tell(failure, failedBefore);
        }
    }

    private void Tell(Exception failure, bool failedBefore)
    {
        if (!hasFailed && !failedBefore)
            LogNotWoken(failure.Message);
        hasFailed = true;
    }

    [LoggerMessage(288, LogLevel.Warning, "Webhooks could not be woken, and will be in a few seconds: {Reason}")]
    private partial void LogNotWoken(string reason);
}
