using System.CommandLine.Completions;
using Couch.Cli.CommandLine;
using Couch.Cli.Contexts;

namespace Couch.Cli.Completion;

/// <summary>
/// What there is right now, for a shell that completes. A person has pressed a key and waits: it is short, quick, and silent where the
/// couch does not answer.
/// </summary>
internal static class LiveNames
{
    private const int Most = 100;
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(2);

    public static IEnumerable<CompletionItem> OfContexts(CompletionContext context) =>
        Asked(context, (call, _) => Task.FromResult<IReadOnlyList<string>>([.. ContextCommands.Names(call)]));

    /// <summary>Ids of one kind, newest first.</summary>
    /// <param name="what">Such as <c>guest</c>.</param>
    public static Func<CompletionContext, IEnumerable<CompletionItem>> Of(string what) => context => Asked(context, async (call, cancel) =>
    {
        var couch = call.Couch;
        var ids = what switch
        {
            "guest" => couch.Guests.List(new() { PageSize = Most }, cancel).Select(one => one.Id),
            "invite" => couch.Invites.List(new() { PageSize = Most }, cancel).Select(one => one.Id),
            "key" => couch.Keys.List(Most, cancel).Select(one => one.Id),
            _ => couch.Webhooks.List(Most, cancel).Select(one => one.Id),
        };
        return await ids.Take(Most).ToListAsync(cancel);
    });

    private static IEnumerable<CompletionItem> Asked(
        CompletionContext context, Func<Invocation, CancellationToken, Task<IReadOnlyList<string>>> ask)
    {
        using var bound = new CancellationTokenSource(LongestWait, Invocation.Around.Clock);
        // The shell has no other thread, and nothing here needs the one that waits.
        var names = Invocation.Quietly(context.ParseResult, ask, bound.Token).GetAwaiter().GetResult();
        return [.. names.Select(name => new CompletionItem(name))];
    }
}
