using Couch.Cluster;
using Couch.Cluster.Configuration;
using Couch.Cluster.Import;
using Couch.Cluster.Storage;
using Couch.Domain.Text;

namespace Couch.Gateway.Hosting;

/// <summary>
/// <c>Couch.Gateway --import FILE</c>: takes the original service's file into the couch's database, under its own ids, with the settings
/// by which the couch is started. It prints tab-separated values: what came, with old and new codes and tokens, and what did not.
/// </summary>
public static class ImportCommand
{
    /// <summary>The argument before the file's path.</summary>
    public const string Switch = "--import";

    /// <summary>With it nothing is written, and no code or token is printed.</summary>
    public const string DryRun = "--dry-run";

    private const int CannotImport = 1;

    /// <returns>The exit code: 0 where everything that can come has come, else 1.</returns>
    public static async Task<int> Run(string[] args, TextWriter output, TextWriter errors, CancellationToken cancel = default)
    {
        try
        {
            if (Array.IndexOf(args, Switch) is var at && at + 1 >= args.Length)
                throw new SettingsException($"  - {Switch} needs the path of the original service's file");
            var store = OriginalStore.Read(args[at + 1]);
            var isDryRun = args.Contains(DryRun);
            var options = Options([.. args[..at], .. args[(at + 2)..].Where(arg => arg != DryRun)]);

            await output.WriteLineAsync("kind\tid\tstatus\tstate\told\tnew\twhy");
            var (came, left) = (0, 0);
            await foreach (var row in isDryRun
                               ? OfflineImport.Plan(store, options, TimeProvider.System.Now()).ToAsyncEnumerable()
                               : Bring(store, options, cancel))
            {
                (came, left) = row.WhyNot is null ? (came + 1, left) : (came, left + 1);
                await output.WriteLineAsync(Line(row, isDryRun));
            }

            await errors.WriteLineAsync($"{came} {(isDryRun ? "would come" : "came")}, {left} cannot come");
            return 0;
        }
        catch (Exception failure) when (failure is SettingsException or StorageUnavailableException)
        {
            await errors.WriteLineAsync(failure.Message);
            return CannotImport;
        }
    }

    private static async IAsyncEnumerable<ImportedRow> Bring(
        OriginalStore store, CouchOptions options, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancel)
    {
        await using var import = await OfflineImport.Into(options, TimeProvider.System, cancel);
        await foreach (var row in import.Bring(store, cancel))
            yield return row;
    }

    /// <summary>As <see cref="CouchGateway.Create"/> reads them.</summary>
    private static CouchOptions Options(string[] args)
    {
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions { Args = args, ContentRootPath = AppContext.BaseDirectory });
        builder.ReadSettingsFolder();
        var settings = new Settings(builder.Configuration);
        var options = CouchOptions.Read(settings);
        settings.ThrowIfWrong();
        return options;
    }

    private static string Line(ImportedRow row, bool isDryRun) => string.Join('\t', new[]
    {
        row.Kind, row.Id, row.Status, row.WhyNot is not null ? "left" : isDryRun ? "would come" : "came",
        isDryRun ? null : row.Old, row.New, row.WhyNot ?? (row.CameBefore ? "it came before" : null),
    }.Select(Plain));

    /// <summary>What somebody else wrote breaks no line and steers no terminal.</summary>
    private static string Plain(string? text) =>
        string.Concat((text ?? "").Select(letter => char.IsControl(letter) || char.IsSurrogate(letter) ? "?" : letter.ToString()));
}
