
namespace Couch.VersSimulator.Vms;

/// <summary>A VM as a test or a person sees it.</summary>
public sealed record VmView
{
    public required Guid Id { get; init; }

    public required Guid Commit { get; init; }

    /// <summary>Null when it is gone.</summary>
    public required VmState? State { get; init; }

    /// <summary>The guest that claims it, by its label.</summary>
    public required string? Guest { get; init; }

    public required IReadOnlyDictionary<string, string> Labels { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    public required DateTimeOffset? GoneAt { get; init; }

    /// <summary>It was destroyed by a call, rather than having vanished.</summary>
    public required bool WasDestroyed { get; init; }

    public required int DiskMib { get; init; }

    public required VmUsage Usage { get; init; }

    /// <summary>By absolute path, read as UTF-8.</summary>
    public required IReadOnlyDictionary<string, string> Files { get; init; }

    /// <summary>Who may read them: the mode that each was written with, by absolute path.</summary>
    public required IReadOnlyDictionary<string, int> Modes { get; init; }
}
