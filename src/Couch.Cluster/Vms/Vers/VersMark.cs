namespace Couch.Cluster.Vms.Vers;

/// <summary>The couch's mark as the description of a tag of the golden commit: an account has labels for VMs only.</summary>
internal sealed class VersMark(VersApi api) : IInstallationMark
{
    public async Task<IReadOnlyCollection<string>> Read(string installation, CancellationToken cancel) =>
        (await api.Tag(NameOf(installation), cancel))?.Description is { } mark ? [mark] : [];

    public Task Write(string installation, string mark, CancellationToken cancel) => api.DescribeTag(NameOf(installation), mark, cancel);

    private static string NameOf(string installation) => "couch-" + installation.ToLowerInvariant();
}
