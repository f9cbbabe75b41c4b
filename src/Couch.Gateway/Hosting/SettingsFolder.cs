using Couch.Cluster.Configuration;
using Microsoft.Extensions.Configuration.CommandLine;

namespace Couch.Gateway.Hosting;

/// <summary>
/// COUCH_SETTINGS_DIR: a folder with one file a setting, as Docker and Kubernetes mount secrets. It wins over the environment, and the
/// command line over it.
/// </summary>
internal static class SettingsFolder
{
    public const string Name = "COUCH_SETTINGS_DIR";

    public static void ReadSettingsFolder(this WebApplicationBuilder builder)
    {
        if (builder.Configuration[Name] is not { } folder || string.IsNullOrWhiteSpace(folder))
            return;
        var path = Path.GetFullPath(folder.Trim());
        if (!Directory.Exists(path))
            throw new SettingsException($"  - {Name} names {path}, which is no folder; make it, or unset {Name}");

        var files = new SettingsFiles(path);
        var sources = ((IConfigurationBuilder)builder.Configuration).Sources;
        var commandLine = sources.ToList().FindLastIndex(one => one is CommandLineConfigurationSource);
        sources.Insert(commandLine < 0 ? sources.Count : commandLine, files);
        if (files.Unreadable.Count > 0)
            throw new SettingsException(string.Join(Environment.NewLine, files.Unreadable.Select(
                file => $"  - {file}. The couch's own user must be able to read each file of {Name}")));

        // The folder is read again instead of watched: a mounted folder is exchanged by its link, which file watchers do not notice.
        builder.Services.AddSingleton(new RereadableSettings(() =>
        {
            files.Load();
            return files.Unreadable;
        }));
    }
}
