using Couch.Domain.Events;
using Couch.Domain.Text;

namespace Couch.Cluster.Events;

/// <summary>Which events a reader wants; all where nothing is said.</summary>
public sealed record EventFilter
{
    /// <summary>Of these types; null: of every type, also those that only a newer version knows.</summary>
    public IReadOnlySet<EventType>? Types { get; init; }

    /// <summary>Of this agent: an invite's <c>createdBy</c> or a guest's <c>name</c>, exactly; null: of all.</summary>
    public string? Agent { get; init; }

    /// <summary>Of this invite or this guest, by its id; null: of all. An invite's are its own, and not those of its guest.</summary>
    public string? Subject { get; init; }

    /// <summary>Whether every event is wanted.</summary>
    internal bool IsAll => Types is null && Agent is null && Subject is null;

    /// <summary>The words of the types whose events are an invite's own.</summary>
    internal static IReadOnlyList<string> InvitesOwn { get; } =
        [.. Words.All<EventType>().Where(word => word.StartsWith("couch.invite.", StringComparison.Ordinal))];

    /// <summary>The words of <see cref="Types"/>; null for every type.</summary>
    internal IReadOnlySet<string>? TypeWords { get; private init; }

    /// <summary>Takes in the words once, for they are compared with every event.</summary>
    public static EventFilter Of(IReadOnlySet<EventType>? types, string? agent, string? subject) => new()
    {
        Types = types,
        Agent = agent,
        Subject = subject,
        TypeWords = types?.Select(type => type.Word()).ToHashSet(StringComparer.Ordinal),
    };

    /// <summary>Whether the reader wants this one.</summary>
    /// <remarks>Spelled again in SQL, in <see cref="EventLog"/>; a test holds them against each other.</remarks>
    public bool Wants(LoggedEvent one) =>
        (TypeWords is null || TypeWords.Contains(one.Type))
        && (Agent is null || Agent == one.Agent)
        && (Subject is null || Subject == one.Guest || (Subject == one.Invite && InvitesOwn.Contains(one.Type)));
}
