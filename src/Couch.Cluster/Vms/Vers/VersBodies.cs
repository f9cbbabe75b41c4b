using System.Text.Json;
using System.Text.Json.Serialization;
using Couch.Domain.Guests;

namespace Couch.Cluster.Vms.Vers;

// The fields of the provider's description that we send and read; what else it says is let go by.

internal sealed record CreateBody(Guid CommitId);

internal sealed record CreatedBody(string VmId);

internal sealed record LabelBody(IReadOnlyDictionary<string, string> Labels);

internal sealed record DiskBody(int FsSizeMib);

/// <param name="Mode">The permission bits.</param>
internal sealed record WriteFileBody(string Path, [property: JsonPropertyName("content_b64")] byte[] Content, int Mode, bool CreateDirs);

internal sealed record FileBody([property: JsonPropertyName("content_b64")] byte[] Content);

internal sealed record ExecBody(IReadOnlyList<string> Command, int TimeoutSecs);

internal sealed record ExecutedBody(int ExitCode, string Stdout, string Stderr);

internal sealed record ErrorBody(string Error);

/// <param name="State"><c>booting</c>, <c>running</c>, <c>paused</c>, <c>sleeping</c>, <c>dead</c>, or a word of later days.</param>
internal sealed record VersVm(string VmId, DateTimeOffset CreatedAt, string State, IReadOnlyDictionary<string, string>? Labels = null)
{
    public bool IsDead => State is "dead";

    public bool IsBooting => State is "booting";

    public string? Guest => Labels?.GetValueOrDefault(VmLabels.Guest);

    public string? Installation => Labels?.GetValueOrDefault(VmLabels.Installation);

    public bool IsClaimedBy(GuestId guest, string installation) => Guest == guest.Value && Installation == installation;
}

internal static class VersJson
{
    public static JsonSerializerOptions Options { get; } = new(JsonSerializerDefaults.Web)
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        // An answer without a field that was promised is no answer.
        RespectNullableAnnotations = true,
        RespectRequiredConstructorParameters = true,
    };
}
