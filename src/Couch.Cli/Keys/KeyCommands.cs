using System.CommandLine;
using Couch.Cli.CommandLine;
using Couch.Cli.Output;
using Couch.Client;

namespace Couch.Cli.Keys;

/// <summary>Host keys of less than everything.</summary>
internal static class KeyCommands
{
    private static readonly string[] Scopes =
    [
        KeyScope.Invites, KeyScope.Guests, KeyScope.Meter, KeyScope.Keys, KeyScope.Events, KeyScope.Webhooks, KeyScope.Vms,
    ];

    private static readonly View<HostKey> View = new(key => key.Id,
        new("id", key => key.Id),
        new("name", key => key.Name) { MayBeCut = true },
        new("scopes", key => string.Join(',', key.Scopes)) { MayBeCut = true },
        new("expiresAt", key => Words.Time(key.ExpiresAt)) { Heading = "expires", Shown = (key, now) => Words.Away(key.ExpiresAt, now) },
        new("revokedAt", key => Words.Time(key.RevokedAt)) { Heading = "revoked", Shown = (key, now) => Words.Away(key.RevokedAt, now) },
        new Column<HostKey>("createdAt", key => Words.Time(key.CreatedAt)).InDetail,
        new Column<HostKey>("createdWith", key => Words.By(key.CreatedWith)).InDetail,
        new Column<HostKey>("revokedWith", key => Words.By(key.RevokedWith)).InDetail);

    private static readonly View<CreatedHostKey> Created = new(key => key.Key.Reveal(),
        new("id", key => key.Id),
        new("name", key => key.Name),
        new("scopes", key => string.Join(',', key.Scopes)),
        new("expiresAt", key => Words.Time(key.ExpiresAt)),
        new("key", _ => null) { Secret = key => key.Key });

    public static Verb Group() => new(
        "key", "Make host keys that may do less, and take them back.",
        "couch key create --name meter --scope meter", "couch key list", "couch key revoke ID")
    {
        Create(), List(), Show(), Revoke(),
    };

    private static Verb Create()
    {
        var name = new Option<string>("--name") { Description = "What the key is for.", HelpName = "text", Required = true };
        var scopes = new Option<string[]>("--scope")
        {
            Description = $"What it may do: {string.Join(", ", Scopes)}. Several with commas, or the option again.",
            HelpName = "scope",
            Required = true,
            CustomParser = argument => [.. argument.Tokens.SelectMany(token => token.Value.Split(',', StringSplitOptions.TrimEntries))],
        };
        scopes.CompletionSources.Add(_ => Scopes.Select(scope => new System.CommandLine.Completions.CompletionItem(scope)));
        var expires = CommonOptions.Span("--expires", "How long it is valid; otherwise as long as the key that makes it.");
        return new Verb(
            "create", "Make a host key. Its text is shown once; with --quiet it is printed alone.",
            "couch key create --name meter --scope meter --expires 30d",
            "couch key create --name watcher --scope guests,events --quiet > key.txt")
        {
            name, scopes, expires,
        }.Does(async (call, cancel) => call.Printer.Revealing.One(
            await call.Couch.Keys.Create(
                new() { Name = call.Get(name)!, Scopes = call.Get(scopes)!, ExpiresInHours = call.Get(expires)?.TotalHours }, cancel),
            Created));
    }

    private static Verb List() => new Verb("list", "List host keys, newest first.", "couch key list") { CommonOptions.Limit }
        .Does((call, cancel) => call.Printer.Rows(
            call.Couch.Keys.List(Pages.SizeFor(call), cancel), View, call.Get(CommonOptions.Limit), call.Notes, cancel));

    private static Verb Show()
    {
        var id = CommonOptions.Id("key");
        return new Verb("show", "Show a host key, without its text.", "couch key show 01JD9Z") { id }
            .Does(async (call, cancel) => call.Printer.One(await call.Couch.Keys.Get(await Resolve(call, id, cancel), cancel), View));
    }

    private static Verb Revoke()
    {
        var id = CommonOptions.Id("key");
        return new Verb("revoke", "Revoke a host key: at once, and for good.", "couch key revoke 01JD9Z") { id, CommonOptions.Yes }
            .Does(async (call, cancel) =>
            {
                var keyId = await Resolve(call, id, cancel);
                call.Confirm($"revoke key {keyId}? It cannot be undone.");
                call.Printer.One(await call.Couch.Keys.Revoke(keyId, cancel), View);
            });
    }

    private static Task<string> Resolve(Invocation call, Argument<string> id, CancellationToken cancel) =>
        Ids.Resolve(call.Get(id)!, "key", () => AllIds(call), cancel);

    /// <summary>All ids, newest first.</summary>
    public static async IAsyncEnumerable<string> AllIds(Invocation call)
    {
        await foreach (var key in call.Couch.Keys.List(Pages.Most))
            yield return key.Id;
    }
}
