using System.ComponentModel;
using System.Globalization;
using Couch.Cluster.Storage;
using Couch.Domain.Text;
using Couch.Domain.Values;
using Microsoft.AspNetCore.Mvc;

namespace Couch.Gateway.Requests;

/// <summary>
/// What part of a list is asked for. A limit, cursor or status that comes twice is refused; what is empty is as good as none.
/// </summary>
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

/// <summary>What part of a list is asked for, by status and by what the invites say.</summary>
public class StatusPaging : Paging
{
    /// <summary>Only those with this status, as of now.</summary>
    [Description("Only those with this status, as of now.")]
    [FromQuery(Name = "status")]
    public string? Status { get; init; }

    /// <summary>Only those whose invite was made under exactly this name.</summary>
    [Description("Only those whose invite was made under exactly this name.")]
    [FromQuery(Name = "createdBy")]
    public string? CreatedBy { get; init; }

    /// <summary>Only those whose invite has exactly this label.</summary>
    [Description("Only those whose invite has exactly this label.")]
    [FromQuery(Name = "label")]
    public string? Label { get; init; }

    internal virtual RowFilter ReadFilter(Fields fields) => new(
        fields.Optional("createdBy", CreatedBy, Bounds.MostName), fields.Optional("label", Label, Bounds.MostLabel));

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

/// <summary>What part of the list of guests is asked for.</summary>
public sealed class GuestPaging : StatusPaging
{
    /// <summary>Only guests whose name begins so; capital letters from A to Z count as small ones.</summary>
    [Description("Only guests whose name begins so; capital letters from A to Z count as small ones.")]
    [FromQuery(Name = "name")]
    public string? Name { get; init; }

    internal override RowFilter ReadFilter(Fields fields) =>
        base.ReadFilter(fields) with { Name = fields.Optional("name", Name, Bounds.MostName) };
}
