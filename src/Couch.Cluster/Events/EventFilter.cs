using Couch.Domain.Events;
using Couch.Domain.Text;

namespace Couch.Cluster.Events;

/// <summary>Which events a reader wants; all where nothing is said.</summary>
public sealed record EventFilter
{
    /// <summary>Of these types, by their words; null: of every type, also those that only a newer version knows.</summary>
    internal IReadOnlySet<string>? Types { get; private init; }

    /// <summary>Of this agent: an invite's <c>createdBy</c> or a guest's <c>name</c>, exactly; null: of all.</summary>
    internal string? Agent { get; private init; }

    /// <summary>Of this invite or this guest, by its id; null: of all. An invite's are its own, and not those of its guest.</summary>
    internal string? Subject { get; private init; }

    /// <summary>Those that happened then or later, to the millisecond; null: all.</summary>
    internal DateTimeOffset? Since { get; private init; }

    /// <summary>Whether every event is wanted.</summary>
    internal bool IsAll => Types is null && Agent is null && Subject is null && Since is null;

    /// <summary>The words of the types whose events are an invite's own.</summary>
    internal static IReadOnlyList<string> InvitesOwn { get; } =
        [.. Words.All<EventType>().Where(word => word.StartsWith("couch.invite.", StringComparison.Ordinal))];

    /// <summary>Takes in the types' words once, for they are compared with every event.</summary>
    public static EventFilter Of(
        IReadOnlySet<EventType>? types, string? agent = null, string? subject = null, DateTimeOffset? since = null) => new()
    {
        Types = types?.Select(type => type.Word()).ToHashSet(StringComparer.Ordinal),
        Agent = agent,
        Subject = subject,
        Since = since?.InWholeMilliseconds(),
    };

    /// <summary>Whether the reader wants this one.</summary>
    /// <remarks>Spelled again in SQL, in <see cref="EventLog"/>; a test holds them against each other.</remarks>
    public bool Wants(LoggedEvent one) =>
        (Types is null || Types.Contains(one.Type))
        && (Agent is null || Agent == one.Agent)
        && (Subject is null || Subject == one.Guest || (Subject == one.Invite && InvitesOwn.Contains(one.Type)))
        && (Since is null || one.At >= Since);
}
