using System.Text.Json;
using System.Text.Json.Serialization;
using Couch.Cli.CommandLine;
using Couch.Client;

namespace Couch.Cli.Import;

/// <summary>The original's file: two lists. A field that is missing takes the protocol's default.</summary>
internal sealed record OldStore
{
    private const long MostBytes = 256L * 1024 * 1024;

    private const string Next = "name the file in which the original service keeps its invites and guests";

    public IReadOnlyList<OldInvite> Invites { get; init; } = [];

    public IReadOnlyList<OldGuest> Guests { get; init; } = [];

    /// <exception cref="StopException">It is no such file.</exception>
    public static OldStore Read(string path)
    {
        try
        {
            using var file = File.OpenRead(path);
            if (file.Length > MostBytes)
                throw new StopException(ExitCode.Usage, $"{path} is larger than any store of the original service", Next);
            return JsonSerializer.Deserialize(file, ImportJson.Default.OldStore)
                ?? throw new JsonException("it is null");
        }
        catch (JsonException wrong)
        {
            throw new StopException(
                ExitCode.Usage, $"{path} is no store of the original service: {wrong.Message}", "it has two lists, 'invites' and 'guests'");
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            throw new StopException(ExitCode.Usage, $"{path} cannot be read: {unreadable.Message}", Next);
        }
    }
}

/// <summary>An invite as the original stored it.</summary>
internal sealed record OldInvite
{
    public string Id { get; init; } = "";

    public string? Code { get; init; }

    public string? Label { get; init; }

    public string? Status { get; init; }

    public NewResourceLimits? ResourceLimits { get; init; }

    public NewPermissions? Permissions { get; init; }

    public string? CreatedBy { get; init; }

    public DateTimeOffset? ExpiresAt { get; init; }
}

/// <summary>A guest as the original stored it.</summary>
internal sealed record OldGuest
{
    public string Id { get; init; } = "";

    public string? Name { get; init; }

    public string? PublicKey { get; init; }

    public string? Status { get; init; }

    public string? VmId { get; init; }

    public string? AgentEndpoint { get; init; }

    public string? InviteId { get; init; }

    public string? AuthToken { get; init; }

    public NewResourceLimits? ResourceLimits { get; init; }

    public NewPermissions? Permissions { get; init; }

    public UsageReport? ResourceUsage { get; init; }

    public DateTimeOffset? ExpiresAt { get; init; }
}

/// <summary>What became of one row of the file.</summary>
internal sealed record Imported
{
    public const string Done = "imported";
    public const string Would = "would import";
    public const string Left = "left";
    public const string Failed = "failed";

    /// <summary><c>invite</c> or <c>guest</c>.</summary>
    public required string Kind { get; init; }

    public required string OldId { get; init; }

    public required string State { get; init; }

    /// <summary>Its id in this couch; null where it did not come.</summary>
    public string? NewId { get; init; }

    /// <summary>The code or token that it had; null in a dry run.</summary>
    public string? Old { get; init; }

    /// <summary>The one that it has now; null where it did not come, and in a dry run.</summary>
    public string? New { get; init; }

    /// <summary>Why it did not come, or what of it did not; null where there is nothing to say.</summary>
    public string? Why { get; init; }
}

/// <summary>The original's file, and the command's own record of what came.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(OldStore))]
[JsonSerializable(typeof(LedgerRows))]
internal sealed partial class ImportJson : JsonSerializerContext;
