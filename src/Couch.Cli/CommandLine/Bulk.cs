using Couch.Cli.Output;
using Couch.Client;

namespace Couch.Cli.CommandLine;

/// <summary>What became of an order for many, whatever was ordered.</summary>
internal sealed record BulkResult(int Done, int AlreadyEnded, IReadOnlyList<BulkFailure> Failed);

/// <summary>What a selection says.</summary>
internal static class Selections
{
    /// <summary>Whether not all that are named are meant: one by itself must fit the filters too.</summary>
    public static bool IsFiltered(this Selection selection) => selection.CreatedBy is not null || selection.Label is not null;
}

/// <summary>Does something to many at once: counts first, asks, does it, and tells how far it is.</summary>
/// <typeparam name="T">The couch's answer.</typeparam>
internal sealed class Bulk<T>(
    string verb, string nouns, Func<Selection, CancellationToken, Task<T>> ask,
    Func<Selection, CancellationToken, IAsyncEnumerable<T>> stepwise, Func<T, BulkResult> read, View<T> view)
{
    /// <summary>Which are meant: some by their ids, or all that the filters choose.</summary>
    /// <exception cref="StopException">Neither or both are said.</exception>
    public static Selection Chosen(Invocation call, IReadOnlyList<string> ids)
    {
        var all = call.Get(CommonOptions.All);
        if (all == ids.Count > 0)
            throw new StopException(ExitCode.Usage, "give either ids, or --all with filters");
        return (all ? Selection.Everything() : Selection.Of([.. ids])) with
        {
            CreatedBy = call.Get(CommonOptions.CreatedBy),
            Label = call.Get(CommonOptions.Label),
        };
    }

    public async Task<int> Run(Invocation call, Selection selection, CancellationToken cancel)
    {
        var would = await Older.Explains(() => ask(selection with { DryRun = true }, cancel));
        var count = read(would);
        if (call.Get(CommonOptions.DryRun))
        {
            call.Notes.Say($"nothing was done: this would {verb} {count.Done} {nouns}");
            if (call.Printer.Format is not Format.Ids)
                call.Printer.One(would, view);
            return ExitCode.Ok;
        }

        if (count.Done == 0 && count.Failed.Count == 0)
        {
            call.Notes.Say($"there are no {nouns} to {verb}");
            if (call.Printer.Format is Format.Json or Format.Tsv)
                call.Printer.One(would, view);
            return ExitCode.Ok;
        }

        call.Confirm($"{verb} {count.Done} {nouns}?");
        var last = would;
        await foreach (var step in stepwise(selection, cancel))
        {
            last = step;
            if (call.Printer.Format is Format.Json)
                call.Printer.Next(step, view, _ => "");
            else
                call.Notes.Say($"{read(step).Done} of {count.Done}");
        }

        if (call.Printer.Format is Format.Table or Format.Tsv)
            call.Printer.One(last, view);
        foreach (var failure in read(last).Failed)
            call.Notes.Warn($"{failure.Id}: {failure.Error}");
        return read(last).Failed.Count == 0 ? ExitCode.Ok : ExitCode.Failure;
    }
}
