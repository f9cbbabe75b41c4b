using System.CommandLine;
using Couch.Cli.CommandLine;
using Couch.Cli.Output;

namespace Couch.Cli.Import;

/// <summary>Takes over the file of the original service.</summary>
internal static class ImportCommand
{
    private static readonly View<Imported> View = new(row => row.NewId ?? "",
        new("kind", row => row.Kind),
        new("oldId", row => row.OldId),
        new("state", row => row.State),
        new("newId", row => row.NewId),
        new("old", _ => null) { Secret = row => row.Old ?? "" },
        new("new", _ => null) { Secret = row => row.New ?? "" },
        new("why", row => row.Why));

    public static Verb Verb()
    {
        var file = new Argument<string>("file") { Description = "The original's store, couch.json." };
        var ledgerFile = new Option<string>("--ledger")
        {
            Description = "Where it is recorded what came, so that nothing comes twice; otherwise FILE.imported.", HelpName = "file",
        };
        return new Verb(
            "import", "Take over the original service's file: active invites and guests that stay, with new codes and tokens.",
            "couch import couch.json --dry-run", "couch import couch.json --yes > old-to-new.tsv")
        {
            file, ledgerFile, CommonOptions.DryRun, CommonOptions.Yes,
        }.Does(async (call, cancel) =>
        {
            var path = call.Get(file)!;
            var store = OldStore.Read(path);
            var ledger = Ledger.Open(call.Get(ledgerFile) ?? path + ".imported", call.Target.Url);
            var isDryRun = call.Get(CommonOptions.DryRun);
            var plan = await Bring(store, new(call.Couch, ledger, call.Surroundings.Clock, isDryRun: true), cancel).ToListAsync(cancel);
            var coming = plan.Count(row => row.State is Imported.Would);
            call.Notes.Say($"{coming} to bring, {plan.Count(row => row.State is Imported.Done)} came before, "
                + $"{plan.Count(row => row.State is Imported.Left)} cannot come");
            if (!isDryRun && coming > 0)
                call.Confirm($"bring {coming} into {call.Target.Url}?");

            var failed = 0;
            // Codes and tokens, old and new, are what was asked for.
            var printer = isDryRun ? call.Printer : call.Printer.Revealing;
            var importer = new Importer(call.Couch, ledger, call.Surroundings.Clock, isDryRun);
            await foreach (var row in Bring(store, importer, cancel))
            {
                failed += row.State is Imported.Failed ? 1 : 0;
                printer.Next(row, View, Line);
            }

            // When all are there: whoever may not report still has every code and token.
            foreach (var guest in store.Guests)
            {
                if (await importer.ReportUsage(guest, cancel) is { } why)
                    call.Notes.Warn(why);
            }

            return failed == 0 ? ExitCode.Ok : ExitCode.Failure;
        });
    }

    private static async IAsyncEnumerable<Imported> Bring(
        OldStore store, Importer importer, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancel)
    {
        var invites = store.Invites.Where(invite => invite.Id.Length > 0).ToLookup(invite => invite.Id);
        foreach (var invite in store.Invites)
            yield return await importer.Bring(invite, cancel);
        foreach (var guest in store.Guests)
            yield return await importer.Bring(guest, invites[guest.InviteId ?? ""].FirstOrDefault(), cancel);
    }

    private static string Line(Imported row) => Visible.Of(
        $"{row.State,-12}  {row.Kind,-6}  {row.OldId}{(row.New is null ? "" : $"  {row.Old} -> {row.New}")}"
            + (row.Why is null ? "" : $"  ({row.Why})"));
}
