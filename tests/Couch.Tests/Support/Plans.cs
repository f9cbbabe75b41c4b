using System.Text.RegularExpressions;
using Couch.Cluster.Storage;
using Couch.Cluster.Storage.Postgres;

namespace Couch.Tests.Support;

/// <summary>What an engine would do for a statement, in words that both share.</summary>
internal static partial class Plans
{
    /// <summary>The plan's steps that read everything or sort, however many rows there are. None is what we want.</summary>
    public static async Task<(IReadOnlyList<string> Heavy, string Plan)> Plan(
        this CouchDatabase database, string statement, params (string, object)[] parameters)
    {
        var explain = database is PostgresDatabase ? "EXPLAIN " : "EXPLAIN QUERY PLAN ";
        var lines = await database.Rows(explain + statement, parameters);
        return (lines.Where(line => HeavyStep().IsMatch(line)).ToArray(), string.Join(Environment.NewLine, lines));
    }

    // PostgreSQL: "Seq Scan on grain_state", "Sort", "Index Scan … Filter". SQLite: "SCAN grain_state", "USE TEMP B-TREE FOR ORDER BY".
    [GeneratedRegex(@"Seq Scan on grain_state|->\s+Sort|^\s*Sort|SCAN (grain_state|reminder|invite\b)(?! USING)|TEMP B-TREE FOR ORDER BY")]
    private static partial Regex HeavyStep();
}
