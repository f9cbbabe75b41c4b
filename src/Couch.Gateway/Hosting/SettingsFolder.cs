using Couch.Cluster.Configuration;
using Microsoft.Extensions.Configuration.CommandLine;
using Microsoft.Extensions.Configuration.KeyPerFile;
using Microsoft.Extensions.FileProviders;

namespace Couch.Gateway.Hosting;

/// <summary>
/// COUCH_SETTINGS_DIR: a folder with one file a setting, as Docker and Kubernetes mount secrets. A file's name is the setting's, with
/// <c>__</c> for a colon, and its text is the value, less a newline at its end. It wins over the environment, and the command line over it.
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

        // The folder is read again instead of watched: a mounted folder is exchanged by its link, which file watchers do not notice.
        var source = new KeyPerFileConfigurationSource { FileProvider = new PhysicalFileProvider(path), Optional = true };
        var sources = ((IConfigurationBuilder)builder.Configuration).Sources;
        var commandLine = sources.ToList().FindLastIndex(one => one is CommandLineConfigurationSource);
        try
        {
            sources.Insert(commandLine < 0 ? sources.Count : commandLine, source);
        }
        catch (Exception failure) when (failure is UnauthorizedAccessException or IOException)
        {
            throw new SettingsException(
                $"  - {Name} cannot be read: {failure.Message} The couch's own user must be able to read each file");
        }

        var configuration = (IConfigurationRoot)builder.Configuration;
        builder.Services.AddSingleton(new RereadableSettings(() =>
        {
            foreach (var files in configuration.Providers.OfType<KeyPerFileConfigurationProvider>())
                files.Load();
        }));
    }
}
