namespace Couch.Gateway.Hosting;

/// <summary>
/// The files of a settings folder. A file's name is the setting's, with <c>__</c> for a colon, and its text is the value, less a newline at
/// its end.
/// </summary>
/// <remarks>
/// .NET's own provider of the kind reads no file where one cannot be read, and takes a folder that has vanished for an empty one.
/// </remarks>
internal sealed class SettingsFiles(string folder) : ConfigurationProvider, IConfigurationSource
{
    /// <summary>What could not be read and keeps the value that it had, one sentence each; empty when all was read.</summary>
    public IReadOnlyList<string> Unreadable { get; private set; } = [];

    public IConfigurationProvider Build(IConfigurationBuilder builder) => this;

    public override void Load()
    {
        var (values, unreadable) = (new Dictionary<string, string?>(StringComparer.OrdinalIgnoreCase), new List<string>());
        try
        {
            // Kubernetes keeps what its links lead to under names that begin with a dot.
            foreach (var name in Directory.GetFiles(folder).Select(path => Path.GetFileName(path)).Where(name => !name.StartsWith('.')))
                Read(name);
            Data = values;
        }
        catch (Exception failure) when (IsUnreadable(failure))
        {
            unreadable.Add(Sentence(SettingsFolder.Name, failure));
        }

        Unreadable = unreadable;

        void Read(string name)
        {
            var setting = name.Replace("__", ConfigurationPath.KeyDelimiter, StringComparison.Ordinal);
            try
            {
                values[setting] = File.ReadAllText(Path.Combine(folder, name)).TrimEnd('\r', '\n');
            }
            catch (Exception failure) when (IsUnreadable(failure))
            {
                unreadable.Add(Sentence(name, failure));
                if (TryGet(setting, out var before))
                    values[setting] = before;
            }
        }
    }

    private static bool IsUnreadable(Exception failure) => failure is IOException or UnauthorizedAccessException;

    private static string Sentence(string name, Exception failure) => $"{name} cannot be read: {failure.Message.TrimEnd('.')}";
}
