using System.Globalization;
using System.Reflection;
using DbUp.Builder;
using DbUp.Engine;

namespace Couch.Cluster.Storage;

/// <summary>
/// The schema's ordered scripts, embedded. A script that has been released never changes, and the previous version of the code must
/// work with the schema that a new one makes: expand first, contract a version later.
/// </summary>
internal static class Schema
{
    // Creating an index on a big table takes time; no caller waits for a script.
    private static readonly TimeSpan LongestScript = TimeSpan.FromMinutes(10);

    /// <summary>Runs the scripts that have not been run on <paramref name="database"/>. The caller holds the lock.</summary>
    /// <exception cref="System.Data.Common.DbException">A script failed; it has been rolled back.</exception>
    public static void Upgrade(UpgradeEngineBuilder database, string engine, TimeSpan reminderHorizon)
    {
        var result = database
            .WithScripts(Scripts(engine))
            .WithVariable("reminder_horizon", string.Create(CultureInfo.InvariantCulture, $"{(long)reminderHorizon.TotalMinutes} minutes"))
            .WithTransactionPerScript()
            .WithExecutionTimeout(LongestScript)
            .LogToNowhere()
            .Build()
            .PerformUpgrade();
        if (!result.Successful)
            System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(result.Error);
    }

    /// <summary>The journal identifies a script by its file's name alone, so that code can move without running it again.</summary>
    internal static IEnumerable<SqlScript> Scripts(string engine)
    {
        var assembly = typeof(Schema).Assembly;
        var folder = $"{typeof(Schema).Namespace}.{engine}.";
        return assembly.GetManifestResourceNames()
            .Where(name => name.StartsWith(folder, StringComparison.Ordinal))
            .Select(name => new SqlScript(Path.GetFileNameWithoutExtension(name[folder.Length..]), Text(assembly, name)));
    }

    private static string Text(Assembly assembly, string name)
    {
        using var reader = new StreamReader(assembly.GetManifestResourceStream(name)!);
        return reader.ReadToEnd();
    }
}
