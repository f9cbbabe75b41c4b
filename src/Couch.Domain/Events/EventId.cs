using System.Security.Cryptography;
using Couch.Domain.Text;

namespace Couch.Domain.Events;

/// <summary>An event's ULID: the same wherever and however often the event is told. Its place in the log is another number.</summary>
public readonly record struct EventId
{
    private EventId(string value) => Value = value;

    /// <summary>The canonical 26 characters.</summary>
    public string Value { get; }

    /// <summary>An id of the millisecond of <paramref name="now"/>, with 80 random bits from <paramref name="random"/>.</summary>
    public static EventId New(DateTimeOffset now, RandomNumberGenerator random) => new(UlidText.New(now, random));

    /// <inheritdoc/>
    public override string ToString() => Value;
}
