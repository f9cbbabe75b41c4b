namespace Couch.Cluster.Configuration;

/// <summary>A source of settings that is reread before the settings are checked.</summary>
/// <param name="Reread">
/// Gives back what cannot be read, one sentence each; empty when all is read. What cannot be read keeps the value that it had.
/// </param>
public sealed record RereadableSettings(Func<IReadOnlyList<string>> Reread);

/// <summary>A setting that may be exchanged while the couch runs.</summary>
public interface IRotatingSetting
{
    /// <summary>The setting's name, or the names of those that belong together.</summary>
    string Name { get; }

    /// <summary>Reads the setting's current value and puts it in force if it is valid.</summary>
    /// <param name="settings">Receives every error; if there is one, the value that was in force stays in force.</param>
    /// <returns>Whether a value has been replaced.</returns>
    Task<bool> Renew(Settings settings, CancellationToken cancel);
}
