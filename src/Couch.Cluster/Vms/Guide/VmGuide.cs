using System.Formats.Tar;

namespace Couch.Cluster.Vms.Guide;

/// <summary>
/// The files by which a guest finds its way from inside its VM. One of them holds the guest's token, so this is never logged and never
/// stored, and nothing that a provider says about these files is quoted.
/// </summary>
public sealed class VmGuide
{
    /// <summary>The folder in the VM.</summary>
    public const string Folder = "/run/couch";

    private readonly DateTimeOffset writtenAt;

    internal VmGuide(IReadOnlyList<VmFile> files, DateTimeOffset writtenAt) => (Files, this.writtenAt) = (files, writtenAt);

    /// <summary>The files. The one with the token comes last: where it is, the others are.</summary>
    public IReadOnlyList<VmFile> Files { get; }

    /// <summary>The folder and its files as a tar archive, to be unpacked at <c>/</c>. Root owns all of it.</summary>
    public MemoryStream ToArchive()
    {
        const UnixFileMode forAll = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute
            | UnixFileMode.GroupRead | UnixFileMode.GroupExecute | UnixFileMode.OtherRead | UnixFileMode.OtherExecute;
        var archive = new MemoryStream();
        using (var tar = new TarWriter(archive, TarEntryFormat.Ustar, leaveOpen: true))
        {
            tar.WriteEntry(new UstarTarEntry(TarEntryType.Directory, Folder[1..] + "/") { Mode = forAll, ModificationTime = writtenAt });
            foreach (var file in Files)
            {
                using var content = new MemoryStream(file.Content);
                tar.WriteEntry(new UstarTarEntry(TarEntryType.RegularFile, file.Path[1..])
                {
                    Mode = file.Mode, ModificationTime = writtenAt, DataStream = content,
                });
            }
        }

        archive.Position = 0;
        return archive;
    }

    /// <inheritdoc/>
    public override string ToString() => $"{Files.Count} files in {Folder}";
}

/// <summary>A file to be put into a VM, owned by root.</summary>
public sealed class VmFile
{
    internal VmFile(string name, byte[] content, UnixFileMode mode) =>
        (Path, Content, Mode) = ($"{VmGuide.Folder}/{name}", content, mode);

    /// <summary>Its whole path.</summary>
    public string Path { get; }

    /// <summary>Its bytes.</summary>
    public byte[] Content { get; }

    /// <summary>Who may read it.</summary>
    public UnixFileMode Mode { get; }

    /// <inheritdoc/>
    public override string ToString() => Path;
}
