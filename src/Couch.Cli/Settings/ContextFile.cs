using System.Text.Json;
using System.Text.Json.Serialization;
using Couch.Cli.CommandLine;
using Couch.Cli.Output;
using Couch.Cli.Terminal;

namespace Couch.Cli.Settings;

/// <summary>A couch by a name: where it is, and the host key for it.</summary>
internal sealed record StoredContext
{
    public required string Url { get; init; }

    /// <summary>Null where the couch needs none, or the environment gives it.</summary>
    public string? Key { get; init; }
}

/// <summary>All contexts of a person, and which one is used where nothing else is said.</summary>
internal sealed record StoredContexts
{
    public string? Current { get; init; }

    public SortedDictionary<string, StoredContext> Contexts { get; init; } = [];
}

/// <summary>A context as it is shown: never with its key.</summary>
internal sealed record ContextView
{
    public required string Name { get; init; }

    public required string Url { get; init; }

    public required bool HasKey { get; init; }

    public required bool IsCurrent { get; init; }
}

/// <summary>
/// The file of contexts in the person's configuration folder (XDG). It holds host keys: only its owner can read it.
/// </summary>
internal sealed class ContextFile(Surroundings around, Notes notes)
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    public string Path { get; } = System.IO.Path.Combine(ConfigurationFolder(around), "couch", "contexts.json");

    /// <summary>What is stored; nothing where there is no file.</summary>
    /// <exception cref="StopException">The file cannot be read.</exception>
    public StoredContexts Load()
    {
        try
        {
            if (!File.Exists(Path))
                return new();
            if (!OperatingSystem.IsWindows() && (File.GetUnixFileMode(Path) & ~OwnerOnly) != 0)
                notes.Warn($"{Path} holds host keys and other users may read it: chmod 600 {Path}");
            return JsonSerializer.Deserialize(File.ReadAllBytes(Path), ContextJson.Default.StoredContexts) ?? new();
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException or JsonException)
        {
            throw new StopException(ExitCode.Failure, $"{Path} cannot be read: {unreadable.Message}", "repair or remove it");
        }
    }

    /// <summary>Stores them in place of what was there: whole, or not at all.</summary>
    public void Save(StoredContexts contexts)
    {
        var folder = System.IO.Path.GetDirectoryName(Path)!;
        var fresh = $"{Path}.{Environment.ProcessId}";
        try
        {
            if (OperatingSystem.IsWindows())
                Directory.CreateDirectory(folder);
            else
                Directory.CreateDirectory(folder, OwnerOnly | UnixFileMode.UserExecute);
            var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
            if (!OperatingSystem.IsWindows())
                options.UnixCreateMode = OwnerOnly;
            using (var file = new FileStream(fresh, options))
                JsonSerializer.Serialize(file, contexts, ContextJson.Default.StoredContexts);
            File.Move(fresh, Path, overwrite: true);
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
        {
            throw new StopException(
                ExitCode.Failure, $"{Path} cannot be written: {refused.Message}",
                "make its folder writable, or give --url and --key-file instead");
        }
    }

    /// <summary>An address as contexts, flags and the environment give it.</summary>
    /// <exception cref="StopException">It is none.</exception>
    public static Uri Address(string text, string from)
    {
        if (Uri.TryCreate(text, UriKind.Absolute, out var address) && address.Scheme is "http" or "https"
            && address is { UserInfo: "", Query: "", Fragment: "" })
            return address;
        throw new StopException(
            ExitCode.Usage, $"'{text}' ({from}) is no address of a couch", "write it as https://couch.example or http://localhost:3000");
    }

    private static string ConfigurationFolder(Surroundings around) =>
        around.Variable("XDG_CONFIG_HOME") is { } configured && System.IO.Path.IsPathRooted(configured)
            ? configured
            : Environment.GetFolderPath(Environment.SpecialFolder.ApplicationData, Environment.SpecialFolderOption.DoNotVerify);
}

/// <summary>The file's own form.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, WriteIndented = true,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(StoredContexts))]
internal sealed partial class ContextJson : JsonSerializerContext;
