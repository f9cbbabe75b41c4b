using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Couch.Cluster.Configuration;

/// <summary>
/// Checks every few seconds whether a setting has been exchanged, in COUCH_SETTINGS_DIR or in the file that a <c>_FILE</c> setting
/// names. An invalid value is refused: it is logged once, and readiness reports it as long as it is there.
/// </summary>
public sealed partial class SettingsRotation(
    IConfiguration configuration, IEnumerable<RereadableSettings> sources, IEnumerable<IRotatingSetting> settings, TimeProvider clock,
    ILogger<SettingsRotation> log) : BackgroundService
{
    private static readonly TimeSpan Round = TimeSpan.FromSeconds(3);

    private readonly Dictionary<string, string> refused = [];
    private volatile string? whyRefused;

    /// <summary>What has been refused and why, without the value; null when nothing is refused.</summary>
    public string? WhyRefused => whyRefused;

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            await Task.Delay(Round, clock, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (!Reread())
                continue;
            foreach (var setting in settings)
                await Renew(setting, stoppingToken);
            whyRefused = refused.Count is 0 ? null : string.Join(". ", refused.Values);
        }
    }

    private bool Reread()
    {
        try
        {
            foreach (var source in sources)
                source.Reread();
            return true;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            // The files are being replaced or have been removed: the current values stay in force.
            whyRefused = $"The settings' files cannot be read: {failure.Message}";
            return false;
        }
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

        if (now.Errors.Count is 0)
        {
            refused.Remove(setting.Name);
            return;
        }

        var why = string.Join("; ", now.Errors);
        if (!refused.TryGetValue(setting.Name, out var before) || before != why)
            LogRefused(why);
        refused[setting.Name] = why;
    }

    [LoggerMessage(310, LogLevel.Information, "couch.settings.exchanged {Setting}", EventName = "couch.settings.exchanged")]
    private partial void LogExchanged(string setting);

    [LoggerMessage(
        311, LogLevel.Error, "couch.settings.refused: {Reason}. What counted before goes on to count",
        EventName = "couch.settings.refused")]
    private partial void LogRefused(string reason);
}
