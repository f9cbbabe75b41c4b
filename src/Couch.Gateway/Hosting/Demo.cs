namespace Couch.Gateway.Hosting;

/// <summary>The switch by which a couch is tried out: the same program, with VMs that are only pretended.</summary>
internal static class Demo
{
    private const string Switch = "--demo";

    /// <summary>The arguments with the switch as the setting that it stands for.</summary>
    public static string[] Read(string[] args) => [.. args.Select(arg => arg == Switch ? "--COUCH_DEMO=true" : arg)];
}
