
namespace Couch.Domain.Vms;

/// <summary>A VM as its provider lists it.</summary>
/// <param name="Guest">The guest in its claim; null where it carries none.</param>
/// <param name="Installation">The installation in its claim; null where it carries none.</param>
public sealed record ListedVm(string VmId, string? Guest, string? Installation, DateTimeOffset CreatedAt)
{
    /// <summary>It carries a label of some kind, of any owner.</summary>
    public required bool IsLabelled { get; init; }

    /// <summary>It is still listed, and will never be ready again.</summary>
    public bool IsDead { get; init; }
}
