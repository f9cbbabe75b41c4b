using System.ComponentModel;
using System.Globalization;
using Couch.Domain.Text;
using Microsoft.AspNetCore.Mvc;

namespace Couch.Gateway.Requests;

/// <summary>What part of a list is asked for. A parameter that comes twice is refused, an empty one is as good as none.</summary>
public class Paging
{
    private const int MostRows = 1000;
    private const int DefaultRows = 100;

    /// <summary>How many at most: 1 to 1000, default 100.</summary>
    [Description("How many at most: 1 to 1000, default 100.")]
    [FromQuery(Name = "limit")]
    public string? Limit { get; init; }

    /// <summary>Where to go on: the nextCursor of the page before. Without it, from the newest.</summary>
    [Description("Where to go on: the nextCursor of the page before. Without it, from the newest.")]
    [FromQuery(Name = "cursor")]
    public string? Cursor { get; init; }

    /// <summary>How many rows at most, as <paramref name="text"/> says.</summary>
    internal static int ReadLimit(string? text, Fields fields)
    {
        if (string.IsNullOrEmpty(text))
            return DefaultRows;
        // Only digits are allowed: the parser alone would accept NULs at the end.
        if (text.All(char.IsAsciiDigit) && int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var limit)
            && limit is >= 1 and <= MostRows)
            return limit;
        fields.Wrong($"limit must be a whole number from 1 to {MostRows}");
        return DefaultRows;
    }

    internal (int Limit, TId? Cursor) Read<TId>(Fields fields) where TId : struct, ICouchId<TId> =>
        (ReadLimit(Limit, fields), ReadCursor<TId>(fields));

    private TId? ReadCursor<TId>(Fields fields) where TId : struct, ICouchId<TId>
    {
        if (string.IsNullOrEmpty(Cursor))
            return null;
        if (TId.TryParse(Cursor, out var id))
            return id;
        fields.Wrong("cursor must be the nextCursor of a page before");
        return null;
    }
}

/// <summary>What part of a list is asked for, by status.</summary>
public sealed class StatusPaging : Paging
{
    /// <summary>Only those with this status, as of now.</summary>
    [Description("Only those with this status, as of now.")]
    [FromQuery(Name = "status")]
    public string? Status { get; init; }

    internal TStatus? ReadStatus<TStatus>(Fields fields) where TStatus : struct, Enum
    {
        if (string.IsNullOrEmpty(Status))
            return null;
        if (Words.TryParse<TStatus>(Status, out var status))
            return status;
        fields.Wrong($"status must be one of {string.Join(", ", Words.All<TStatus>())}");
        return null;
    }
}
