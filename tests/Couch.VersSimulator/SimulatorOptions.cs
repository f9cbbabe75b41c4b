using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Security.Cryptography;
using Couch.VersSimulator.Vms;

namespace Couch.VersSimulator;

/// <summary>
/// What the account holds and how it behaves. As a program, the settings that <see cref="TryRead"/> names come from
/// <c>--name value</c> or, in capitals and after <c>VERS_SIMULATOR_</c>, from the environment.
/// </summary>
public sealed record SimulatorOptions
{
    private const int LongestBootMs = 24 * 60 * 60 * 1000;

    /// <summary>Where it listens. Default: a free port of the loopback address; as a program, port 7070 of it.</summary>
    public string Listen { get; init; } = "http://127.0.0.1:0";

    /// <summary>The one key the account knows. Not a secret: the account is not real.</summary>
    public string Key { get; init; } = "simulated-key";

    /// <summary>Another key of the account, which the first is exchanged for; null: there is none.</summary>
    public string? OtherKey { get; init; }

    /// <summary>From create until running. Default 2 s, as measured at the provider; zero is running at once; at most a day.</summary>
    public TimeSpan BootDelay { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>The one commit that VMs can be restored from.</summary>
    public Guid Commit { get; init; } = new("00000000-0000-4000-8000-00000000c0c4");

    /// <summary>A tag of that commit.</summary>
    public string Tag { get; init; } = "golden";

    /// <summary>A repository's reference to that commit.</summary>
    public string Ref { get; init; } = "couch:golden";

    /// <summary>The label whose value says which guest claims a VM.</summary>
    public string GuestLabel { get; init; } = "couch.guest";

    /// <summary>A new VM's disk. Default 8 GiB.</summary>
    public int DiskMib { get; init; } = 8 * 1024;

    /// <summary>What a new VM has used.</summary>
    public VmUsage Usage { get; init; } = new();

    /// <summary>
    /// Decides which faults are left to chance. The same seed, the same rules and calls in the same order: the same faults.
    /// </summary>
    public int Seed { get; init; } = RandomNumberGenerator.GetInt32(int.MaxValue);

    /// <summary>Time, for boots, delays and the journal.</summary>
    public TimeProvider Clock { get; init; } = TimeProvider.System;

    /// <summary>Where ids come from.</summary>
    public RandomNumberGenerator Ids { get; init; } = RandomNumberGenerator.Create();

    /// <summary>Reads <c>urls</c>, <c>key</c>, <c>boot-ms</c>, <c>commit</c> and <c>seed</c>.</summary>
    /// <param name="wrong">Everything that is wrong, in one message.</param>
    public static bool TryRead(string[] args, out SimulatorOptions options, [NotNullWhen(false)] out string? wrong)
    {
        var settings = new ConfigurationBuilder()
            .AddEnvironmentVariables("VERS_SIMULATOR_")
            .AddCommandLine(args, new Dictionary<string, string> { ["--boot-ms"] = "BOOT_MS" })
            .Build();
        var errors = new List<string>();

        T Read<T>(string name, T otherwise, Func<string, (bool Good, T Value)> parse, string must)
        {
            if (settings[name] is not { Length: > 0 } text)
                return otherwise;
            var (good, value) = parse(text);
            if (!good)
                errors.Add($"  - {name.ToLowerInvariant().Replace('_', '-')} must be {must}, not '{text}'");
            return value;
        }

        static (bool, int) Whole(string text, int most) =>
            (int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var value) && value <= most, value);

        var defaults = new SimulatorOptions();
        options = defaults with
        {
            Listen = Read("URLS", "http://127.0.0.1:7070", text => (Uri.TryCreate(text, UriKind.Absolute, out var url)
                && url.Scheme == "http", text), "one http address"),
            Key = settings["KEY"] is { Length: > 0 } key ? key : defaults.Key,
            BootDelay = TimeSpan.FromMilliseconds(Read("BOOT_MS", (int)defaults.BootDelay.TotalMilliseconds,
                text => Whole(text, LongestBootMs), "whole milliseconds, at most a day")),
            Commit = Read("COMMIT", defaults.Commit, text => (Guid.TryParse(text, out var commit), commit), "a UUID"),
            Seed = Read("SEED", defaults.Seed, text => Whole(text, int.MaxValue), "a whole number"),
        };
        wrong = errors.Count is 0 ? null : $"The simulator cannot start:{Environment.NewLine}{string.Join(Environment.NewLine, errors)}";
        return wrong is null;
    }
}
