using System.Text.Json;
using Couch.Domain.Import;

namespace Couch.Cluster.Import;

/// <summary>The file of the original service: two lists.</summary>
public sealed record OriginalStore
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);

    /// <summary>The invites, in the file's order.</summary>
    public IReadOnlyList<OriginalInvite?> Invites { get; init; } = [];

    /// <summary>The guests, in the file's order.</summary>
    public IReadOnlyList<OriginalGuest?> Guests { get; init; } = [];

    /// <summary>Reads the file.</summary>
    /// <exception cref="Configuration.SettingsException">It cannot be read, or is no such file.</exception>
    public static OriginalStore Read(string path)
    {
        try
        {
            using var file = File.OpenRead(path);
            return JsonSerializer.Deserialize<OriginalStore>(file, Json) is { Invites: not null, Guests: not null } store
                ? store
                : throw new JsonException("it has not both lists");
        }
        catch (JsonException wrong)
        {
            throw new Configuration.SettingsException(
                $"  - {path} is no store of the original service, which has two lists, 'invites' and 'guests': {wrong.Message}");
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            throw new Configuration.SettingsException($"  - {path} cannot be read: {unreadable.Message}");
        }
    }
}
