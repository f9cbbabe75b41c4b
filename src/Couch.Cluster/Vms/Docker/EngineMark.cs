namespace Couch.Cluster.Vms.Docker;

/// <summary>The couch's mark as the label of an empty volume. A label cannot be changed, so each mark is a volume of its own.</summary>
internal sealed class EngineMark(DockerEngine engine) : IInstallationMark
{
    private const string Label = "couch.mark";

    public async Task<IReadOnlyCollection<string>> Read(string installation, CancellationToken cancel) =>
        [.. (await Volumes(installation, cancel)).Values];

    public async Task Write(string installation, string mark, CancellationToken cancel)
    {
        await engine.MakeVolume(
            $"couch-{installation.ToLowerInvariant()}-{mark}",
            new Dictionary<string, string> { [VmLabels.Installation] = installation, [Label] = mark }, cancel);
        foreach (var (name, other) in await Volumes(installation, cancel))
        {
            if (other != mark)
                await engine.RemoveVolume(name, cancel);
        }
    }

    private async Task<Dictionary<string, string>> Volumes(string installation, CancellationToken cancel) =>
        (await engine.VolumesWithLabel($"{VmLabels.Installation}={installation}", cancel))
            .Where(volume => volume.Labels.ContainsKey(Label))
            .ToDictionary(volume => volume.Name, volume => volume.Labels[Label]);
}
