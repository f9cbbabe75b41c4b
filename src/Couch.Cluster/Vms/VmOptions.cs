using Couch.Cluster.Configuration;
using Couch.Cluster.Vms.Docker;
using Couch.Cluster.Vms.Vers;

namespace Couch.Cluster.Vms;

/// <summary>
/// Where guests' VMs come from, and how hard it is tried. One provider, or none: guests then wait until a host gives them a VM.
/// </summary>
public sealed class VmOptions
{
    private static readonly VmOptions Default = new();

    /// <summary>The account at Vers; null where it is not configured, or its key or commit is wrong.</summary>
    public VersOptions? Vers { get; init; }

    /// <summary>The container engine; null where <c>COUCH_DOCKER_IMAGE</c> is not set.</summary>
    public DockerOptions? Docker { get; init; }

    /// <summary>Whether VMs are only pretended, inside this process. From <c>COUCH_DEMO</c>, or <c>--demo</c>; default false.</summary>
    public bool IsDemo { get; init; }

    /// <summary>Attempts to get a VM before the guest is given up. 1 to 100; default 8. From <c>COUCH_VM_ATTEMPTS</c>.</summary>
    public int Attempts { get; init; } = 8;

    /// <summary>
    /// The most calls of a kind that a node has under way at the provider; creates, configurations, looks, measurements
    /// and destroys are counted apart, so that whatever hangs never holds up a kill. 1 to 1000; default 64. From <c>COUCH_VM_CALLS</c>.
    /// </summary>
    public int CallsAtOnce { get; init; } = 64;

    /// <summary>
    /// How often a running guest's usage is measured. 0 to 3600 seconds, 0 for never; default 10. From <c>COUCH_METER_SECONDS</c>.
    /// </summary>
    public TimeSpan MeasureEvery { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// Destroys VMs that carry this couch's claim for guests that its database has never heard of. That happens where a
    /// database has been restored from an older backup, or copied: they may be guests of the one that is right.
    /// </summary>
    /// <value>From <c>COUCH_VM_UNKNOWN</c>: <c>keep</c> or <c>destroy</c>; default <c>keep</c>, with an alarm every minute.</value>
    public bool DestroysUnknown { get; init; }

    /// <summary>Reads the options, telling <paramref name="settings"/> of everything that is wrong.</summary>
    public static VmOptions Read(Settings settings)
    {
        // Each provider reads it only when it is on; reading it here makes it a setting of the couch in any case.
        _ = settings.Text("COUCH_VM_PROBE");
        var options = new VmOptions
        {
            Vers = VersOptions.Read(settings),
            Docker = DockerOptions.Read(settings),
            IsDemo = settings.YesOrNo("COUCH_DEMO", false),
            Attempts = settings.Whole("COUCH_VM_ATTEMPTS", Default.Attempts, 1, 100),
            MeasureEvery = TimeSpan.FromSeconds(settings.Whole("COUCH_METER_SECONDS", (int)Default.MeasureEvery.TotalSeconds, 0, 3600)),
            DestroysUnknown = ReadUnknown(settings),
            CallsAtOnce = settings.Whole("COUCH_VM_CALLS", Default.CallsAtOnce, 1, 1000),
        };
        if (options is { Vers: not null, Docker: not null })
            settings.Wrong("COUCH_DOCKER_IMAGE", "and VERS_API_KEY are both set: guests' VMs come from one provider; unset one of them");
        if (options is { IsDemo: true, Vers: not null } or { IsDemo: true, Docker: not null })
            settings.Wrong("COUCH_DEMO", "pretends VMs, and a VM provider is set as well: unset one of them");
        return options;
    }

    /// <summary>
    /// The options of a gateway: no VM provider. It ignores the other VM settings of an environment that is shared with silos, but
    /// must not hold a provider's key, because the key could be stolen from it.
    /// </summary>
    public static VmOptions NoneAtTheEdge(Settings settings)
    {
        if (settings.Secret(VersOptions.KeyName) is not null)
            settings.Wrong("VERS_API_KEY", "must not be given to a gateway (COUCH_ROLE), which needs no VM provider: keep it to the silos, "
                + "or leave it blank here");
        return new();
    }

    private static bool ReadUnknown(Settings settings)
    {
        var text = settings.Text("COUCH_VM_UNKNOWN") ?? "keep";
        if (text is not ("keep" or "destroy"))
            settings.Wrong("COUCH_VM_UNKNOWN", $"must be keep or destroy, not '{text}'");
        return text is "destroy";
    }
}
