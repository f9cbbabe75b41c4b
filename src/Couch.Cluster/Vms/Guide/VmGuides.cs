using System.Text;
using System.Text.Json;
using Couch.Domain.Capabilities;
using Couch.Domain.Guests;
using Couch.Domain.Text;

namespace Couch.Cluster.Vms.Guide;

/// <summary>
/// Writes guests' guides. A guest's token is not stored: it is derived from the guest's id by the signing key, here as at the redeem, each
/// time that it is needed.
/// </summary>
/// <param name="publicUrl">The couch's address as guests reach it; null: no guest has a guide.</param>
internal sealed class VmGuides(string? publicUrl, SigningKeys? keys)
{
    private const UnixFileMode ForAll =
        UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead;

    private const UnixFileMode ForRoot = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private static readonly JsonSerializerOptions Json = new(CouchJson.Stored) { WriteIndented = true };

    private static readonly byte[] Readme = ReadReadme();

    /// <summary>Null where the couch's address is not known.</summary>
    public VmGuide? Of(Guest guest)
    {
        if (publicUrl is null || keys is null)
            return null;
        var env = $"COUCH_URL='{publicUrl}'\nCOUCH_GUEST_ID='{guest.Id}'\nCOUCH_TOKEN='{keys.Sign(guest.Id).Reveal()}'\n";
        var limits = JsonSerializer.SerializeToUtf8Bytes(
            new { guest.ResourceLimits, guest.Permissions, guest.ExpiresAt }, Json);
        return new(
        [
            new("README.md", Readme, ForAll), new("limits.json", limits, ForAll), new("env", Encoding.UTF8.GetBytes(env), ForRoot),
        ], guest.Id.CreatedAt);
    }

    private static byte[] ReadReadme()
    {
        using var stream = typeof(VmGuides).Assembly.GetManifestResourceStream("guide/README.md")!;
        using var bytes = new MemoryStream();
        stream.CopyTo(bytes);
        return bytes.ToArray();
    }
}
