using System.Globalization;
using System.Text;

namespace Couch.Cluster.Events;

/// <summary>An event as it stands in the log.</summary>
/// <param name="Id">Its place: grows in the order in which readers see events.</param>
/// <param name="At">When it happened, by the clock of the node that wrote it; null where its row does not say a time.</param>
/// <param name="Type">Its type's word; may be one that only a newer version knows.</param>
/// <param name="Agent">An invite's <c>createdBy</c> or a guest's <c>name</c>.</param>
/// <param name="Invite">The invite's id; of a guest's event, the id of the invite that brought it.</param>
/// <param name="Guest">The guest's id.</param>
/// <param name="Record">The record as readers are given it: JSON in UTF-8, on one line.</param>
public sealed record LoggedEvent(
    long Id, DateTimeOffset? At, string Type, string? Agent, string? Invite, string? Guest, ReadOnlyMemory<byte> Record)
{
    /// <param name="at">ISO 8601.</param>
    /// <param name="record">The record without its id.</param>
    internal static LoggedEvent Of(long id, string at, string type, string? agent, string? invite, string? guest, string record) => new(
        id, DateTimeOffset.TryParse(at, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time) ? time : null,
        type, agent, invite, guest,
        Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{{\"id\":{id},{record.AsSpan(1)}")));
}
