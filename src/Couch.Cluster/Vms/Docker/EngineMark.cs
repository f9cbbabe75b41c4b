namespace Couch.Cluster.Vms.Docker;

/// <summary>The couch's mark as the label of an empty volume. A label cannot be changed, so the volume is made anew.</summary>
internal sealed class EngineMark(DockerEngine engine) : IInstallationMark
{
    private const string Label = "couch.mark";

    public async Task<string?> Read(string installation, CancellationToken cancel) => await engine.LabelsOfVolume(NameOf(installation), cancel) is { } labels
        && labels.TryGetValue(Label, out var mark) ? mark : null;

    public async Task Write(string installation, string mark, CancellationToken cancel)
    {
        await engine.RemoveVolume(NameOf(installation), cancel);
        await engine.MakeVolume(NameOf(installation), new Dictionary<string, string> { [Sandbox.InstallationLabel] = installation, [Label] = mark }, cancel);
    }

    private static string NameOf(string installation) => "couch-" + installation.ToLowerInvariant();
}
