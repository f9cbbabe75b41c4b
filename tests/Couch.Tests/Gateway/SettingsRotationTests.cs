using Couch.Cluster.Configuration;
using Couch.Gateway.Hosting;
using Couch.Tests.Support;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Xunit;

namespace Couch.Tests.Gateway;

/// <summary>When a changed file counts, by the clock, and what becomes of files that cannot be read.</summary>
public sealed class SettingsRotationTests : IAsyncDisposable
{
    /// <summary>As docs/configuration.md promises.</summary>
    private static readonly TimeSpan Promised = TimeSpan.FromSeconds(10);

    /// <summary>Nothing waits for this by the clock: it is for a busy machine.</summary>
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(30);

    private readonly TemporaryFolder folder = new();
    private readonly WatchedClock clock = new();
    private readonly LogLines log = new();
    private readonly Setting good = new("GOOD");
    private readonly Setting hanging = new("HANGING") { Checks = new TaskCompletionSource().Task };
    private ServiceProvider? services;
    private int passes;

    private SettingsRotation Rotation => services!.GetRequiredService<SettingsRotation>();

    public async ValueTask DisposeAsync()
    {
        if (services is not null)
        {
            await Rotation.StopAsync(CancellationToken.None);
            await services.DisposeAsync();
        }

        log.Dispose();
        folder.Dispose();
    }

    [Fact]
    public async Task A_changed_file_counts_within_the_promised_time_whatever_another_settings_check_waits_for()
    {
        Set("GOOD", "first");
        Set("HANGING", "first");
        await Start();
        await Pass();
        await Until.True(() => Task.FromResult(hanging.IsAsked), Bound, "the other is being checked");

        Set("GOOD", "second");
        await Pass();
        await Counts("second");
    }

    [Fact]
    public async Task A_file_that_cannot_be_read_is_told_once_and_its_setting_alone_keeps_its_value()
    {
        Set("GOOD", "first");
        Set("OTHER", "kept");
        await Start();

        File.Delete(folder["OTHER"]);
        // Nobody can read a link to itself, root included.
        File.CreateSymbolicLink(folder["OTHER"], folder["OTHER"]);
        Set("GOOD", "second");
        await Pass();
        await Counts("second");
        await Pass();
        await Until.True(() => Task.FromResult(good.Times is 2), Bound, "another round is over");
        Assert.Contains("OTHER cannot be read", Rotation.WhyRefused, StringComparison.Ordinal);
        Assert.Single(log.All, line => line.Contains("couch.settings.refused: OTHER cannot be read", StringComparison.Ordinal));
        Assert.Equal("kept", good.Other);

        File.Delete(folder["OTHER"]);
        await Pass();
        await Until.True(() => Task.FromResult(Rotation.WhyRefused is null && good.Other is null), Bound, "nothing is refused any more");
    }

    [Fact]
    public async Task A_folder_that_vanishes_leaves_every_value_in_force()
    {
        Set("GOOD", "first");
        await Start();

        Directory.Delete(folder.Path, recursive: true);
        await Pass();
        await Until.True(() => Task.FromResult(good.Times > 0), Bound, "a round is over");
        Assert.Contains("COUCH_SETTINGS_DIR cannot be read", Rotation.WhyRefused, StringComparison.Ordinal);
        await Counts("first");

        Directory.CreateDirectory(folder.Path);
        Set("GOOD", "second");
        await Pass();
        await Counts("second");
    }

    [Fact]
    public void A_start_names_every_file_that_cannot_be_read()
    {
        foreach (var name in new[] { "ONE", "OTHER" })
            File.CreateSymbolicLink(folder[name], folder[name]);
        var wrong = Assert.Throws<SettingsException>(Builder);
        foreach (var name in new[] { "ONE", "OTHER" })
            Assert.Contains($"  - {name} cannot be read", wrong.Wrong, StringComparison.Ordinal);
    }

    private void Set(string name, string value) => File.WriteAllText(folder[name], value);

    private Task Counts(string value) =>
        Until.True(() => Task.FromResult(good.Value == value), Bound, $"{value} counts");

    private WebApplicationBuilder Builder()
    {
        var builder = WebApplication.CreateSlimBuilder([$"--COUCH_SETTINGS_DIR={folder.Path}"]);
        builder.ReadSettingsFolder();
        return builder;
    }

    private async Task Start()
    {
        var builder = Builder();
        builder.Logging.ClearProviders().AddProvider(log);
        builder.Services.AddSingleton<TimeProvider>(clock).AddSingleton<SettingsRotation>();
        builder.Services.AddSingleton<IRotatingSetting>(hanging).AddSingleton<IRotatingSetting>(good);
        services = builder.Services.BuildServiceProvider();
        await Rotation.StartAsync(CancellationToken.None);
    }

    /// <summary>The promised time passes for a couch that waits.</summary>
    private async Task Pass()
    {
        passes++;
        await Until.True(
            () => Task.FromResult(clock.Waits(SettingsRotation.Round) >= passes), Bound, "the rotation waits for its next round");
        clock.Advance(Promised);
    }

    private sealed class Setting(string name) : IRotatingSetting
    {
        private volatile string? value;
        private volatile int times;

        public Task Checks { get; init; } = Task.CompletedTask;

        public string Name => name;

        public string? Value => value;

        public string? Other { get; private set; }

        public bool IsAsked { get; private set; }

        public int Times => times;

        public async Task<bool> Renew(Settings settings, CancellationToken cancel)
        {
            IsAsked = true;
            await Checks.WaitAsync(cancel);
            Other = settings.Text("OTHER");
            value = settings.Text(name);
            times++;
            return false;
        }
    }
}
