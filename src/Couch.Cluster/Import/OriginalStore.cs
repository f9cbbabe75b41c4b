using System.Text.Json;
using Couch.Cluster.Configuration;
using Couch.Domain.Import;

namespace Couch.Cluster.Import;

/// <summary>The file of the original service: two lists.</summary>
public sealed record OriginalStore
{
    /// <summary>The invites, in the file's order.</summary>
    public required IReadOnlyList<OriginalRow<OriginalInvite>> Invites { get; init; }

    /// <summary>The guests, in the file's order.</summary>
    public required IReadOnlyList<OriginalRow<OriginalGuest>> Guests { get; init; }

    /// <summary>Reads the file. A row that is of another form than its kind spoils no other.</summary>
    /// <exception cref="SettingsException">It cannot be read, or is no such file.</exception>
    public static OriginalStore Read(string path)
    {
        try
        {
            using var file = File.OpenRead(path);
            using var store = JsonDocument.Parse(file);
            return new() { Invites = Rows<OriginalInvite>(store, "invites"), Guests = Rows<OriginalGuest>(store, "guests") };
        }
        catch (JsonException wrong)
        {
            throw new SettingsException(
                $"  - {path} is no store of the original service, which has two lists, 'invites' and 'guests': {wrong.Message}");
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new SettingsException($"  - {path} cannot be read: {unreadable.Message}");
        }
    }

    private static List<OriginalRow<T>> Rows<T>(JsonDocument store, string name) where T : class, new() =>
        store.RootElement.ValueKind is JsonValueKind.Object && store.RootElement.TryGetProperty(name, out var list)
            && list.ValueKind is JsonValueKind.Array
            ? [.. list.EnumerateArray().Select(OriginalRow<T>.Read)]
            : throw new JsonException($"it has no list '{name}'");
}
