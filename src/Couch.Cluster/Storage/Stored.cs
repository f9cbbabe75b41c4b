using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Couch.Domain.Text;
using Orleans.Storage;

namespace Couch.Cluster.Storage;

/// <summary>
/// A row as it passes between a grain and the table: a state together with the fields that only another version knows, or a text
/// that holds no state of this version. Reading such a text is no failure of the storage, so that its version is known, and it can
/// be overwritten.
/// </summary>
internal sealed class Stored<T> : Stored where T : class
{
    private JsonObject? unknown;
    private Wake? wake;
    private JsonArray? events;

    /// <summary>The state; null when the text holds none, or when there is no row.</summary>
    public T? State { get; private set; }

    /// <summary>The text that holds no state; null when it holds one.</summary>
    public string? Unreadable { get; private set; }

    /// <summary>Why the text holds no state.</summary>
    public string? Why { get; private set; }

    /// <summary>When its grain must act next; null: never again, or the text does not say.</summary>
    public DateTimeOffset? WakeAt { get; private set; }

    public static Stored<T> Of(T state, Wake? wake, JsonArray? events) =>
        new() { State = state, wake = wake, WakeAt = wake?.At, events = events };

    public static Stored<T> Of(string text, Wake? wake, JsonArray? events)
    {
        var stored = new Stored<T>();
        stored.Read(text);
        (stored.wake, stored.WakeAt, stored.events) = (wake, wake?.At, events);
        return stored;
    }

    /// <summary>The next state of the same row: fields that this version does not know are kept.</summary>
    public Stored<T> Followed(T next, Wake? wake, JsonArray? events) =>
        new() { State = next, unknown = unknown, wake = wake, WakeAt = wake?.At, events = events };

    internal override void Read(string text)
    {
        State = StoredJson.TryRead<T>(text, out unknown, out var why);
        if (State is null)
            (Unreadable, Why) = (text, why);
        else if (StoredJson.WakesAt(text) is { } moment)
            WakeAt = DateTimeOffset.FromUnixTimeMilliseconds(moment);
    }

    internal override byte[] Write() => State is { } state
        ? StoredJson.Write(state, unknown, wake, events)
        : Encoding.UTF8.GetBytes(Unreadable is { } text ? StoredJson.Write(text, wake, events) : "null");
}

internal abstract class Stored
{
    internal abstract void Read(string text);

    internal abstract byte[] Write();
}

/// <summary>Rows are plain JSON, readable in the database: chosen before the first deployment, because stored rows stay.</summary>
internal sealed class StoredSerializer : IGrainStorageSerializer
{
    public BinaryData Serialize<T>(T? input) =>
        new(input is Stored row ? row.Write() : JsonSerializer.SerializeToUtf8Bytes(input, CouchJson.Stored));

    public T Deserialize<T>(BinaryData input)
    {
        if (!typeof(Stored).IsAssignableFrom(typeof(T)))
            return JsonSerializer.Deserialize<T>(input, CouchJson.Stored)!;
        var row = Activator.CreateInstance<T>();
        ((Stored)(object)row!).Read(input.ToString());
        return row;
    }
}
