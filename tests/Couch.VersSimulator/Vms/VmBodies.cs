using System.Text.Json.Serialization;

namespace Couch.VersSimulator.Vms;

// What the provider's description asks for and promises, field by field. Fields are nullable where they are read: what
// is missing is answered in words, not by a reader's exception.

/// <summary>Exactly one of the three.</summary>
internal sealed record CreateBody(string? CommitId, string? TagName, string? Ref);

internal sealed record CreatedBody(Guid VmId);

internal sealed record LabelBody(Dictionary<string, string>? Labels);

internal sealed record VmBody(
    Guid VmId, Guid OwnerId, DateTimeOffset CreatedAt, VmState State, IReadOnlyDictionary<string, string>? Labels);

internal sealed record MetadataBody(
    Guid VmId, Guid OwnerId, DateTimeOffset CreatedAt, VmState State, string Ip,
    DateTimeOffset? DeletedAt, Guid? ParentCommitId, Guid? GrandparentVmId);

internal sealed record CommitBody(Guid Id, Guid OwnerId, string Name, DateTimeOffset CreatedAt, bool IsPublic);

internal sealed record DestroyedBody(Guid VmId);

internal sealed record DiskBody(int? FsSizeMib);

/// <param name="ContentB64">Base64.</param>
internal sealed record WriteFileBody(
    string? Path, [property: JsonPropertyName("content_b64")] string? ContentB64, int? Mode, bool? CreateDirs);

internal sealed record FileBody([property: JsonPropertyName("content_b64")] string ContentB64);

/// <summary>The description's <c>env</c>, <c>stdin</c> and <c>working_dir</c> change nothing here, and are not read.</summary>
internal sealed record ExecBody(string[]? Command, Guid? ExecId, long? TimeoutSecs);

internal sealed record ExecutedBody(int ExitCode, string Stdout, string Stderr, Guid? ExecId);
