using Couch.Client.Http;

namespace Couch.Client;

/// <summary>Which invites are listed. What is null does not restrict the list.</summary>
public sealed record InviteFilter
{
    /// <summary>Only those with this status, as of now: see <see cref="InviteStatus"/>.</summary>
    public string? Status { get; init; }

    /// <summary>Only those of this host.</summary>
    public string? CreatedBy { get; init; }

    /// <summary>Only those with exactly this label.</summary>
    public string? Label { get; init; }

    /// <summary>How many are asked for at a time: 1 to 1000. Default: the couch's, 100.</summary>
    public int? PageSize { get; init; }

    internal Query Query(string? cursor) => new Query()
        .Add("status", Status).Add("createdBy", CreatedBy).Add("label", Label).Add("limit", PageSize).Add("cursor", cursor);
}
