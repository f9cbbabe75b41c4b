using System.CommandLine;
using Couch.Cli.CommandLine;

namespace Couch.Cli.Webhooks;

/// <summary>Addresses to which events are sent.</summary>
internal static class WebhookCommands
{
    public static Verb Group() => new(
        "webhook", "Have events sent to an address of yours.",
        "couch webhook create https://example.com/couch --type 'couch.guest.*'", "couch webhook list", "couch webhook test ID")
    {
        Create(), List(), Show(), Test(), Resume(), Delete(),
    };

    private static Verb Create()
    {
        var url = new Argument<string>("url") { Description = "Where events are sent: an http or https address." };
        var types = new Option<string[]>("--type")
        {
            Description = "Only these types, such as couch.guest.*; otherwise all. Several with commas, or the option again.",
            HelpName = "type",
            CustomParser = argument => [.. argument.Tokens.SelectMany(token => token.Value.Split(',', StringSplitOptions.TrimEntries))],
        };
        var description = new Option<string>("--description") { Description = "What it is for.", HelpName = "text" };
        return new Verb(
            "create", "Make a webhook. Its secret is shown once; with --quiet it is printed alone.",
            "couch webhook create https://example.com/couch",
            "couch webhook create https://example.com/couch --type couch.guest.killed --quiet")
        {
            url, types, description,
        }.Does(async (call, cancel) => call.Printer.Revealing.One(
            await call.Couch.Webhooks.Create(
                new()
                {
                    Url = call.Get(url)!,
                    Types = call.Get(types) is { Length: > 0 } wanted ? wanted : null,
                    Description = call.Get(description),
                }, cancel),
            WebhookViews.Created));
    }

    private static Verb List() => new Verb("list", "List webhooks, newest first.", "couch webhook list") { CommonOptions.Limit }
        .Does((call, cancel) => call.Printer.Rows(
            call.Couch.Webhooks.List(Pages.SizeFor(call), cancel), WebhookViews.Webhook, call.Get(CommonOptions.Limit), call.Notes,
            cancel));

    private static Verb Show() => One("show", "Show a webhook, and whether its events are delivered.",
        async (call, id, cancel) => call.Printer.One(await call.Couch.Webhooks.Get(id, cancel), WebhookViews.Webhook));

    private static Verb Resume() => One("resume", "Take a parked webhook up where it stopped, or hurry a failing one.",
        async (call, id, cancel) => call.Printer.One(await call.Couch.Webhooks.Resume(id, cancel), WebhookViews.Webhook));

    private static Verb Test()
    {
        var id = CommonOptions.Id("webhook");
        return new Verb("test", "Send a test to the receiver now, and show its answer.", "couch webhook test 01JD9Z") { id }
            .Does(async (call, cancel) =>
            {
                var test = await call.Couch.Webhooks.Test(await Resolve(call, id, cancel), cancel);
                call.Printer.One(test, WebhookViews.Test);
                if (!test.Delivered)
                    throw new StopException(
                        ExitCode.Failure, $"the receiver has not accepted it: {test.Error ?? $"it answered {test.Status}"}",
                        "it must answer 2xx within 15 s, at a public address");
            });
    }

    private static Verb Delete()
    {
        var id = CommonOptions.Id("webhook");
        return new Verb("delete", "Delete a webhook: nothing more is sent to it.", "couch webhook delete 01JD9Z") { id, CommonOptions.Yes }
            .Does(async (call, cancel) =>
            {
                var whole = await Resolve(call, id, cancel);
                call.Confirm($"delete webhook {whole}?");
                await call.Couch.Webhooks.Delete(whole, cancel);
                call.Notes.Say($"webhook {whole} is deleted");
            });
    }

    private static Verb One(string name, string description, Func<Invocation, string, CancellationToken, Task> action)
    {
        var id = CommonOptions.Id("webhook");
        return new Verb(name, description, $"couch webhook {name} 01JD9Z") { id }
            .Does(async (call, cancel) => await action(call, await Resolve(call, id, cancel), cancel));
    }

    private static Task<string> Resolve(Invocation call, Argument<string> id, CancellationToken cancel) =>
        Ids.Resolve(call.Get(id)!, "webhook", () => AllIds(call), cancel);

    /// <summary>All ids, newest first.</summary>
    public static async IAsyncEnumerable<string> AllIds(Invocation call)
    {
        await foreach (var webhook in call.Couch.Webhooks.List(Pages.Most))
            yield return webhook.Id;
    }
}
