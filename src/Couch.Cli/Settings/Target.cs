using Couch.Cli.CommandLine;
using Couch.Cli.Output;
using Couch.Cli.Terminal;

namespace Couch.Cli.Settings;

/// <summary>What the flags say of it.</summary>
internal sealed record TargetFlags(string? Url, string? Context, string? KeyFile);

/// <summary>
/// Which couch is asked, and with which host key. A flag wins over the environment, and that over the file of contexts.
/// </summary>
internal sealed record Target
{
    public const string DefaultUrl = "http://localhost:3000";

    public required Uri Url { get; init; }

    /// <summary>Where the address came from, for sentences.</summary>
    public required string UrlFrom { get; init; }

    /// <summary>Null where there is none.</summary>
    public string? Key { get; private init; }

    /// <summary>Where the key came from, for sentences; null where there is none.</summary>
    public string? KeyFrom { get; private init; }

    /// <summary>
    /// A context whose key was not used, because the address is another's: what is stored for one couch is not sent to another.
    /// </summary>
    public string? UnusedContext { get; private init; }

    public static Target Of(TargetFlags flags, Surroundings around, SecretSource secrets, Notes notes)
    {
        var file = new ContextFile(around, notes);
        // Where everything is said by flags or the environment, the file is not even opened: a damaged one is in nobody's way.
        var name = flags.Context;
        var stored = new StoredContexts();
        if (name is not null || (flags.Url ?? around.Variable("COUCH_URL")) is null
            || (flags.KeyFile is null && around.Variable("COUCH_AUTH_TOKEN") is null))
        {
            stored = file.Load();
            name ??= stored.Current;
        }

        StoredContext? context = null;
        if (name is not null && !stored.Contexts.TryGetValue(name, out context) && flags.Context is not null)
            throw new StopException(ExitCode.Usage, $"there is no context '{name}'", "see: couch context list");

        var (url, urlFrom) = flags switch
        {
            { Url: { } flag } => (flag, "--url"),
            { Context: not null } => (context!.Url, $"context {name}"),
            _ when around.Variable("COUCH_URL") is { } variable => (variable, "COUCH_URL"),
            _ when context is not null => (context.Url, $"context {name}"),
            _ => (DefaultUrl, "the default"),
        };
        var target = new Target { Url = ContextFile.Address(url, urlFrom), UrlFrom = urlFrom };
        var isContexts = context is not null && ContextFile.Address(context.Url, $"context {name}") == target.Url;

        return flags switch
        {
            { KeyFile: { } keyFile } => target with { Key = secrets.Read(keyFile, "the host key"), KeyFrom = "--key-file" },
            { Context: not null } when isContexts && context!.Key is { } key => target with { Key = key, KeyFrom = $"context {name}" },
            _ when around.Variable("COUCH_AUTH_TOKEN") is { } variable =>
                target with { Key = variable.Trim(), KeyFrom = "COUCH_AUTH_TOKEN" },
            _ when isContexts && context!.Key is { } key => target with { Key = key, KeyFrom = $"context {name}" },
            _ => target with { UnusedContext = context?.Key is not null ? name : null },
        };
    }
}
