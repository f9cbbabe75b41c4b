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

    private const string Assigned = Switch + "=";

    /// <summary>Whether the program is asked to import instead of to serve.</summary>
    public static bool IsAsked(IEnumerable<string> args) => args.Any(IsSwitch);

    /// <returns>The exit code: 0 where everything that can come has come, else 1.</returns>
    public static async Task<int> Run(string[] args, TextWriter output, TextWriter errors, CancellationToken cancel = default)
    {
        try
        {
            var (path, settings) = Read(args);
            var store = OriginalStore.Read(path);
            var isDryRun = args.Contains(DryRun);
            var options = Options([.. settings.Where(arg => arg != DryRun)]);

            await output.WriteLineAsync("kind\tid\tstatus\tstate\told\tnew\twhy");
            var (came, left) = (0, 0);
            await foreach (var row in isDryRun
                               ? OfflineImport.Plan(store, options, TimeProvider.System.Now()).ToAsyncEnumerable()
                               : Bring(store, options, cancel))
            {
                (came, left) = row.WhyNot is null ? (came + 1, left) : (came, left + 1);
                await output.WriteLineAsync(Line(row, isDryRun));
            }

            await errors.WriteLineAsync($"{came} {(isDryRun ? "would come" : "came")}, {left} cannot come; VM provider: "
                + (OfflineImport.ProviderOf(options) ?? "none: VMs stay when their guests end, and none are made"));
            return 0;
        }
        catch (SettingsException wrong)
        {
            await errors.WriteLineAsync($"Couch cannot import:{Environment.NewLine}{wrong.Wrong}");
            return CannotImport;
        }
        catch (StorageUnavailableException failure)
        {
            await errors.WriteLineAsync(failure.Message);
            return CannotImport;
        }
    }

    private static bool IsSwitch(string arg) => arg is Switch || arg.StartsWith(Assigned, StringComparison.Ordinal);

    /// <summary>The file's path, and the arguments beside it and its switch.</summary>
    private static (string Path, string[] Others) Read(string[] args)
    {
        var at = Array.FindIndex(args, IsSwitch);
        var isAssigned = args[at] is not Switch;
        var path = isAssigned ? args[at][Assigned.Length..] : args.ElementAtOrDefault(at + 1);
        if (string.IsNullOrWhiteSpace(path) || path.StartsWith("--", StringComparison.Ordinal))
            throw new SettingsException($"  - {Switch} needs the path of the original service's file");
        return (path, [.. args[..at], .. args[(at + (isAssigned ? 1 : 2))..]]);
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
        // It knows no VM provider, which each imported guest is bound to.
        if (options.Role is CouchRole.Gateway)
            settings.Wrong("COUCH_ROLE", $"is gateway: {Switch} needs the settings of a node or a silo, those of its VM provider included");
        settings.ThrowIfWrong();
        return options;
    }

    private static string Line(ImportedRow row, bool isDryRun) => string.Join('\t', new[]
    {
        row.Kind, row.Id, row.Status, row.WhyNot is not null ? "left" : isDryRun ? "would come" : "came",
        isDryRun ? null : row.Old, row.New, row.WhyNot ?? Before(row),
    }.Select(ForeignText.Plain));

    private static string? Before(ImportedRow row) => row switch
    {
        { CameBefore: false } => null,
        { StatusHere: { } here } when here != row.Status => $"it came before, and is {here} here",
        _ => "it came before",
    };
}
