using System.CommandLine;
using Couch.Cli.CommandLine;
using Couch.Cli.Output;
using Couch.Cli.Settings;

namespace Couch.Cli.Contexts;

/// <summary>Couches by name: their addresses and keys, in a file that only its owner can read.</summary>
internal static class ContextCommands
{
    private const int LongestName = 64;

    private static readonly View<ContextView> View = new(context => context.Name,
        new("name", context => context.Name),
        new("current", context => context.IsCurrent ? "*" : ""),
        new("url", context => context.Url) { MayBeCut = true },
        new("hasKey", context => Words.Flag(context.HasKey)));

    public static Verb Group() => new(
        "context", "Keep couches by name, with their addresses and keys.",
        "couch context set home --url https://couch.example --key-file key.txt", "couch context use home", "couch context list")
    {
        List(), Use(), Set(), Remove(),
    };

    /// <summary>The names there are.</summary>
    public static IEnumerable<string> Names(Invocation call) => File(call).Load().Contexts.Keys;

    private static Verb List() => new Verb("list", "List contexts. Keys are never shown.", "couch context list")
        .Does((call, cancel) =>
        {
            var stored = File(call).Load();
            return call.Printer.Rows(
                stored.Contexts.Select(one => Shown(one.Key, stored)).ToAsyncEnumerable(), View, limit: 0, call.Notes, cancel);
        });

    private static Verb Use()
    {
        var name = Name();
        return new Verb("use", "Use this context where nothing else is said.", "couch context use home") { name }.Does((call, _) =>
        {
            var file = File(call);
            var stored = file.Load();
            Known(stored, call.Get(name)!);
            file.Save(stored with { Current = call.Get(name) });
            call.Notes.Say($"'{call.Get(name)}' is used from now on: {stored.Contexts[call.Get(name)!].Url}");
            return Task.CompletedTask;
        });
    }

    private static Verb Set()
    {
        var name = Name();
        return new Verb(
            "set", "Make a context, or change it: its address by --url, its key by --key-file.",
            "couch context set home --url https://couch.example --key-file key.txt", "couch context set here --url http://localhost:3000")
        {
            name,
        }.Does((call, _) =>
        {
            var wanted = call.Get(name)!;
            if (wanted.Length is 0 or > LongestName
                || !wanted.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '-' or '_' or '.'))
                throw new StopException(ExitCode.Usage, $"'{wanted}' is no name for a context", "use letters, digits, '-', '_' and '.'");

            var file = File(call);
            var stored = file.Load();
            var before = stored.Contexts.GetValueOrDefault(wanted);
            var url = call.Get(GlobalOptions.Url) ?? before?.Url
                ?? throw new StopException(ExitCode.Usage, "a new context needs an address", "add --url https://couch.example");
            var address = ContextFile.Address(url, "--url");
            var key = call.Get(GlobalOptions.KeyFile) is { } keyFile ? call.Secrets.Read(keyFile, "the host key") : null;
            // A key that is stored for one address is not sent to another.
            if (key is null && before is not null)
            {
                if (ContextFile.Address(before.Url, "its old address") == address)
                    key = before.Key;
                else if (before.Key is not null)
                    call.Notes.Warn("the key was for the old address and is forgotten: give the new one by --key-file");
            }

            stored.Contexts[wanted] = new() { Url = url, Key = key };
            file.Save(stored with { Current = stored.Current ?? wanted });
            call.Printer.One(Shown(wanted, stored with { Current = stored.Current ?? wanted }), View);
            return Task.CompletedTask;
        });
    }

    private static Verb Remove()
    {
        var name = Name();
        return new Verb("remove", "Forget a context and its key.", "couch context remove home") { name }.Does((call, _) =>
        {
            var file = File(call);
            var stored = file.Load();
            var gone = call.Get(name)!;
            Known(stored, gone);
            stored.Contexts.Remove(gone);
            file.Save(stored.Current == gone ? stored with { Current = null } : stored);
            call.Notes.Say($"'{gone}' is forgotten" + (stored.Current == gone ? "; no context is current now" : ""));
            return Task.CompletedTask;
        });
    }

    private static Argument<string> Name()
    {
        var name = new Argument<string>("name") { Description = "The context's name." };
        name.CompletionSources.Add(Completion.LiveNames.OfContexts);
        return name;
    }

    private static void Known(StoredContexts stored, string name)
    {
        if (!stored.Contexts.ContainsKey(name))
            throw new StopException(ExitCode.NotFound, $"there is no context '{name}'", "see: couch context list");
    }

    private static ContextFile File(Invocation call) => new(call.Surroundings, call.Notes);

    private static ContextView Shown(string name, StoredContexts stored) => new()
    {
        Name = name,
        Url = stored.Contexts[name].Url,
        HasKey = stored.Contexts[name].Key is not null,
        IsCurrent = stored.Current == name,
    };
}
