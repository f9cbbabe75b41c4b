namespace Couch.Cluster.Configuration;

/// <summary>A source of settings that is read again before they are looked at.</summary>
/// <exception cref="IOException">It cannot be read.</exception>
public sealed record RereadableSettings(Action Reread);

/// <summary>A setting that may be exchanged while the couch runs.</summary>
public interface IRotatingSetting
{
    /// <summary>The setting's name, or the names of those that belong together.</summary>
    string Name { get; }

    /// <summary>Checks what the settings say now, and lets it count from here on where it is good.</summary>
    /// <param name="settings">Told of everything that is wrong with it: then what has counted so far goes on to count.</param>
    /// <returns>Whether something has been exchanged.</returns>
    Task<bool> Renew(Settings settings, CancellationToken cancel);
}
