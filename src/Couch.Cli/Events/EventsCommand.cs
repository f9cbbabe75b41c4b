using System.CommandLine;
using System.Globalization;
using Couch.Cli.CommandLine;
using Couch.Client;

namespace Couch.Cli.Events;

/// <summary>The log of events: read, or followed.</summary>
internal static class EventsCommand
{
    // Other forms, such as 02/03/2026, could be read as another time than was meant.
    private static readonly string[] Iso8601 = ["yyyy-MM-dd", "yyyy-MM-dd'T'HH:mmK", "yyyy-MM-dd'T'HH:mm:ss.FFFFFFFK"];

    private static readonly Option<bool> FollowThem = new("--follow", "-f")
    {
        Description = "Go on with events as they happen, also after the couch was away. Without --since or --since-id: from now on.",
    };

    private static readonly Option<string[]> Types = Several("--type", "Only these types, such as couch.guest.killed or couch.guest.*.");
    private static readonly Option<string[]> Exclude = Several("--exclude", "None of these types.");

    private static readonly Option<string> Agent = new("--agent")
    {
        Description = "Only those of this host (an invite's createdBy) or guest (its name).", HelpName = "name",
    };

    private static readonly Option<string> Subject = new("--subject")
    {
        Description = "Only those of the invite or guest with this whole id.", HelpName = "id",
    };

    private static readonly Option<long?> SinceId = new("--since-id")
    {
        Description = "Only those after the event with this id.", HelpName = "id",
    };

    private static readonly Option<string> Since = new("--since")
    {
        Description = "Only those since then: a time, or a span such as 2h.", HelpName = "time",
    };

    public static Verb Verb() => new Verb(
        "events", "Read what has happened, oldest first, or follow what happens.",
        "couch events --since 2h", "couch events --follow", "couch events --follow --type 'couch.guest.*' --json",
        "couch events --subject 01JD9ZQ3V5B7C8D9E0F1G2H3J4")
    {
        FollowThem, Types, Exclude, Agent, Subject, SinceId, Since, CommonOptions.Limit,
    }.Does((call, cancel) => call.Get(FollowThem) ? Follow(call, cancel) : List(call, cancel));

    private static async Task List(Invocation call, CancellationToken cancel)
    {
        var left = call.Get(CommonOptions.Limit) is > 0 and var limit ? limit : int.MaxValue;
        await foreach (var one in call.Couch.Events.List(Filter(call), cancel))
        {
            if (left-- == 0)
                break;
            Print(call, one);
        }

        call.Printer.End(EventViews.Event);
    }

    private static async Task Follow(Invocation call, CancellationToken cancel)
    {
        if (call.Has(CommonOptions.Limit))
            throw new StopException(ExitCode.Usage, "--limit does not go with --follow");
        var filter = Filter(call);
        var last = filter.SinceId;
        if (filter.Since is not null)
        {
            // What there is comes from the log, and what follows from the stream, which is resumed after an id.
            last = (await call.Couch.Events.Stats(cancel)).NewestId ?? 0;
            await foreach (var one in call.Couch.Events.List(filter, cancel))
            {
                last = Math.Max(last.Value, one.Id);
                Print(call, one);
            }
        }

        var following = new EventFilter { Types = filter.Types, Exclude = filter.Exclude, Agent = filter.Agent, Subject = filter.Subject };
        await foreach (var one in call.Couch.Events.Follow(last, following, cancel))
            Print(call, one);
    }

    private static void Print(Invocation call, CouchEvent one) => call.Printer.Next(one, EventViews.Event, EventViews.Line);

    private static EventListFilter Filter(Invocation call) => new()
    {
        Types = call.Get(Types) is { Length: > 0 } types ? types : null,
        Exclude = call.Get(Exclude) is { Length: > 0 } excluded ? excluded : null,
        Agent = call.Get(Agent),
        Subject = call.Get(Subject),
        SinceId = call.Get(SinceId),
        Since = call.Get(Since) is { } since ? Time(since, call.Surroundings.Now) : null,
        PageSize = Pages.SizeFor(call) ?? Pages.Most,
    };

    private static DateTimeOffset Time(string text, DateTimeOffset now) =>
        Duration.TryParse(text, out var span) ? now - span
        : DateTimeOffset.TryParseExact(text, Iso8601, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time) ? time
        : throw new StopException(
            ExitCode.Usage, $"'{text}' is no time", "write it as 2026-11-29T16:00Z, or as a span such as 90m, 2h or 3d");

    /// <summary>An option that may come several times, and with commas.</summary>
    private static Option<string[]> Several(string name, string description) => new(name)
    {
        Description = description + " Several with commas, or the option again.",
        HelpName = "type",
        Arity = ArgumentArity.OneOrMore,
        CustomParser = argument => [.. argument.Tokens.SelectMany(
            token => token.Value.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))],
    };
}
