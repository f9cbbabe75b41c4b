using Couch.VersSimulator;

namespace Couch.Tests.Support;

/// <summary>What a couch is told of what it stands on, by the names of its environment.</summary>
internal static class NodeSettings
{
    /// <param name="connection">The PostgreSQL that the couch shares with its other nodes.</param>
    /// <param name="key">What all of them sign with; null: one of its own.</param>
    public static Dictionary<string, string> Of(string connection, string? key = null) => new()
    {
        ["ConnectionStrings__Couch"] = connection,
        ["COUCH_SIGNING_KEY"] = key ?? Some.Key(),
        ["COUCH_ADVERTISED_ADDRESS"] = "127.0.0.1",
    };

    public static Dictionary<string, string> Of(SimulatedVers vers) => new()
    {
        ["VERS_API_URL"] = $"{vers.Url}",
        ["VERS_API_KEY"] = vers.Options.Key,
        ["GOLDEN_COMMIT_ID"] = $"{vers.Options.Commit}",
    };

    /// <summary>Both; where they name the same, <paramref name="others"/> win.</summary>
    public static Dictionary<string, string> And(this Dictionary<string, string> settings, IEnumerable<KeyValuePair<string, string>> others)
    {
        var all = new Dictionary<string, string>(settings);
        foreach (var (name, value) in others)
            all[name] = value;
        return all;
    }

    /// <summary>The same for a couch in this process.</summary>
    public static string[] AsArguments(this Dictionary<string, string> settings) =>
        [.. settings.Select(setting => $"--{setting.Key}={setting.Value}")];
}
