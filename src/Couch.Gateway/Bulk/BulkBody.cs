using System.Text.Json.Serialization;
using Couch.Domain.Bulk;
using Couch.Domain.Values;
using Couch.Gateway.Requests;

namespace Couch.Gateway.Bulk;

/// <summary>Which guests or invites are to end: either ids or all.</summary>
/// <remarks>A field that is not known is refused: a filter that is misspelt would otherwise end all.</remarks>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
public sealed record BulkBody
{
    private const int MostIdLength = 64;

    /// <summary>These, 1 to 1000 ids.</summary>
    public IReadOnlyList<string?>? Ids { get; init; }

    /// <summary>True: all that are there.</summary>
    public bool? All { get; init; }

    /// <summary>Only those whose invite was made under exactly this <c>createdBy</c>.</summary>
    public string? CreatedBy { get; init; }

    /// <summary>Only those whose invite has exactly this label.</summary>
    public string? Label { get; init; }

    /// <summary>True: says what would be done, and does nothing.</summary>
    public bool? DryRun { get; init; }

    /// <returns>The scope, and the ids in it that cannot be anything's id.</returns>
    internal (BulkScope Scope, IReadOnlyList<string> NoIds) Read<TId>(Fields fields) where TId : struct, Domain.Text.ICouchId<TId>
    {
        var createdBy = fields.Optional("createdBy", CreatedBy, Bounds.MostName);
        var label = fields.Optional("label", Label, Bounds.MostLabel);
        // Elsewhere a blank text counts as none; here it would be no filter, and end all.
        if (CreatedBy is not null && createdBy is null)
            fields.Wrong("createdBy must not be blank; leave it out to mean any");
        if (Label is not null && label is null)
            fields.Wrong("label must not be blank; leave it out to mean any");
        if (Ids is null == All is not true)
            fields.Wrong("give either ids or \"all\": true");
        if (Ids is null)
            return (BulkScope.Of(null, createdBy, label), []);

        if (Ids.Count is 0 or > BulkScope.MostIds)
            fields.Wrong($"ids must be 1 to {BulkScope.MostIds} ids");
        foreach (var id in Ids)
            fields.Required("each of ids", id, MostIdLength);
        var ids = Ids.OfType<string>().Distinct().ToLookup(id => TId.TryParse(id, out _));
        return (BulkScope.Of(ids[true], createdBy, label), [.. ids[false]]);
    }
}
