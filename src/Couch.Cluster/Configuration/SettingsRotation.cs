using System.Collections.Concurrent;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Couch.Cluster.Configuration;

/// <summary>
/// Checks every few seconds whether a setting has been exchanged, in COUCH_SETTINGS_DIR or in the file that a <c>_FILE</c> setting
/// names. An invalid value is refused, and so is a file that cannot be read: it is logged once, and readiness reports it as long as it is
/// there. Settings are renewed independently of each other.
/// </summary>
public sealed partial class SettingsRotation(
    IConfiguration configuration, IEnumerable<RereadableSettings> sources, IEnumerable<IRotatingSetting> settings, TimeProvider clock,
    ILogger<SettingsRotation> log) : BackgroundService
{
    internal static readonly TimeSpan Round = TimeSpan.FromSeconds(3);

    /// <summary>What <see cref="refused"/> has of files that cannot be read: no setting has this name.</summary>
    private const string Files = "";

    private readonly ConcurrentDictionary<string, string> refused = [];

    /// <summary>What has been refused and why, without the value; null when nothing is refused.</summary>
    public string? WhyRefused
    {
        get
        {
            var reasons = refused.OrderBy(one => one.Key, StringComparer.Ordinal).Select(one => one.Value).ToList();
            return reasons.Count is 0 ? null : string.Join(". ", reasons);
        }
    }

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var renewals = settings.ToDictionary(setting => setting, _ => Task.CompletedTask);
        while (!stoppingToken.IsCancellationRequested)
        {
            await Task.Delay(Round, clock, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            Tell(Files, [.. sources.SelectMany(source => source.Reread())]);
            // One that is still being checked, because its provider hangs, holds up no other.
            foreach (var setting in settings.Where(setting => renewals[setting].IsCompleted))
                renewals[setting] = Renew(setting, stoppingToken);
        }

        await Task.WhenAll(renewals.Values);
    }

    private async Task Renew(IRotatingSetting setting, CancellationToken cancel)
    {
        var now = new Settings(configuration);
        try
        {
            if (await setting.Renew(now, cancel))
                LogExchanged(setting.Name);
        }
        catch (Exception) when (cancel.IsCancellationRequested)
        {
            return;
        }
        catch (Exception failure)
        {
            now.Wrong(setting.Name, $"could not be checked: {failure.Message}");
        }

        Tell(setting.Name, now.Errors);
    }

    private void Tell(string name, IReadOnlyCollection<string> errors)
    {
        if (errors.Count is 0)
        {
            refused.TryRemove(name, out _);
            return;
        }

        var why = string.Join("; ", errors);
        if (!refused.TryGetValue(name, out var before) || before != why)
            LogRefused(why);
        refused[name] = why;
    }

    [LoggerMessage(310, LogLevel.Information, "couch.settings.exchanged {Setting}", EventName = "couch.settings.exchanged")]
    private partial void LogExchanged(string setting);

    [LoggerMessage(
        311, LogLevel.Error, "couch.settings.refused: {Reason}. What counted before goes on to count",
        EventName = "couch.settings.refused")]
    private partial void LogRefused(string reason);
}
