using System.Globalization;
using System.Text;

namespace Couch.Client.Http;

/// <summary>The query of a request. A parameter without a value is left out.</summary>
internal sealed class Query
{
    private readonly StringBuilder text = new();

    public Query Add(string name, string? value)
    {
        if (value is not null)
            text.Append(text.Length == 0 ? '?' : '&').Append(name).Append('=').Append(Uri.EscapeDataString(value));
        return this;
    }

    public Query Add(string name, long? value) => Add(name, value?.ToString(CultureInfo.InvariantCulture));

    /// <summary>As ISO 8601 in UTC, to the millisecond.</summary>
    public Query Add(string name, DateTimeOffset? value) => Add(name, value is { } time ? Json.IsoTime.Of(time) : null);

    /// <summary>Several values with commas between them.</summary>
    public Query Add(string name, IReadOnlyCollection<string>? values) =>
        Add(name, values is { Count: > 0 } ? string.Join(',', values) : null);

    public override string ToString() => text.ToString();
}
