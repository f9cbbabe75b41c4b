using System.Text.Json.Serialization;
using Couch.Domain.Text;
using Couch.Domain.Values;

namespace Couch.Domain.Bulk;

/// <summary>Which guests or invites a bulk order is for: those that it names, or all that are there when it is given.</summary>
[GenerateSerializer, Immutable, Alias("couch.BulkScope")]
public sealed record BulkScope
{
    /// <summary>The most ids that an order may name.</summary>
    public const int MostIds = 1000;

    /// <summary>The ids, with a blank between two; null: all.</summary>
    [Id(0)] public string? Ids { get; init; }

    /// <summary>Only those whose invite was made under exactly this name; null: under any.</summary>
    [Id(1)] public string? CreatedBy { get; init; }

    /// <summary>Only those whose invite has exactly this label; null: any.</summary>
    [Id(2)] public string? Label { get; init; }

    /// <summary>The ids that it names; none where it is for all.</summary>
    [JsonIgnore] public IReadOnlyList<string> EachId => IdList.Each(Ids);

    /// <summary>Whether it is for some only, by what their invites say.</summary>
    [JsonIgnore] public bool IsFiltered => CreatedBy is not null || Label is not null;

    /// <summary>A scope of these ids, each once; null: of all.</summary>
    public static BulkScope Of(IEnumerable<string>? ids, string? createdBy = null, string? label = null) =>
        new() { Ids = ids is null ? null : IdList.Join(ids.Distinct()), CreatedBy = createdBy, Label = label };

    /// <summary>Null where this is within bounds; else a sentence. See <see cref="Bounds"/>.</summary>
    internal string? WhyNot() =>
        Ids is not null && (EachId is { Count: 0 or > MostIds } || !EachId.All(UlidText.IsCanonical))
            ? $"ids must be 1 to {MostIds} ids"
            : Bounds.Text("createdBy", CreatedBy, Bounds.MostName) ?? Bounds.Text("label", Label, Bounds.MostLabel);
}

/// <summary>Ids in one text, with a blank between two, so that lists of the same ids are equal.</summary>
internal static class IdList
{
    public static string Join(IEnumerable<string> ids) => string.Join(' ', ids);

    public static string? JoinOrNull(IEnumerable<string> ids) => Join(ids) is { Length: > 0 } joined ? joined : null;

    public static IReadOnlyList<string> Each(string? ids) => ids?.Split(' ', StringSplitOptions.RemoveEmptyEntries) ?? [];

    public static string? Add(string? ids, IReadOnlyCollection<string> more, int most) =>
        more.Count == 0 ? ids : Join(Each(ids).Union(more).Take(most));
}
