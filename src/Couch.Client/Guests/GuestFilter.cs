using Couch.Client.Http;

namespace Couch.Client;

/// <summary>Which guests are listed. What is null does not restrict the list.</summary>
public sealed record GuestFilter
{
    /// <summary>Only those with this status, as of now: see <see cref="GuestStatus"/>.</summary>
    public string? Status { get; init; }

    /// <summary>Only those whose invite was made by this host.</summary>
    public string? CreatedBy { get; init; }

    /// <summary>Only those whose invite has exactly this label.</summary>
    public string? Label { get; init; }

    /// <summary>Only those whose name begins so; A to Z also in the other case.</summary>
    public string? Name { get; init; }

    /// <summary>How many are asked for at a time: 1 to 1000. Default: the couch's, 100.</summary>
    public int? PageSize { get; init; }

    internal Query Query(string? cursor) => new Query()
        .Add("status", Status).Add("createdBy", CreatedBy).Add("label", Label).Add("name", Name).Add("limit", PageSize)
        .Add("cursor", cursor);
}
