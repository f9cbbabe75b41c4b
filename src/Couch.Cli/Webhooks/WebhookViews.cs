using Couch.Cli.Output;
using Couch.Client;

namespace Couch.Cli.Webhooks;

/// <summary>How a webhook is printed.</summary>
internal static class WebhookViews
{
    public static View<Webhook> Webhook { get; } = new(webhook => webhook.Id,
        new("id", webhook => webhook.Id),
        new("state", webhook => webhook.State) { Colour = webhook => Words.OfStatus(webhook.State) },
        new("url", webhook => webhook.Url) { MayBeCut = true },
        new("behind", webhook => Words.Number(webhook.Behind)),
        new("lastError", webhook => webhook.LastError) { MayBeCut = true },
        new Column<Webhook>("description", webhook => webhook.Description).InDetail,
        new Column<Webhook>("types", webhook => webhook.Types is { } types ? string.Join(',', types) : null).InDetail,
        new Column<Webhook>("deliveredId", webhook => Words.Number(webhook.DeliveredId)).InDetail,
        new Column<Webhook>("failingSince", webhook => Words.Time(webhook.FailingSince)).InDetail,
        new Column<Webhook>("nextAttemptAt", webhook => Words.Time(webhook.NextAttemptAt)).InDetail,
        new Column<Webhook>("createdAt", webhook => Words.Time(webhook.CreatedAt)).InDetail,
        new Column<Webhook>("createdWith", webhook => Words.By(webhook.CreatedWith)).InDetail);

    public static View<CreatedWebhook> Created { get; } = new(webhook => webhook.Secret.Reveal(),
        new("id", webhook => webhook.Id),
        new("url", webhook => webhook.Url),
        new("types", webhook => webhook.Types is { } types ? string.Join(',', types) : null),
        new("secret", _ => null) { Secret = webhook => webhook.Secret });

    public static View<WebhookTest> Test { get; } = new(_ => "",
        new("delivered", test => Words.Flag(test.Delivered)),
        new("status", test => test.Status is { } status ? Words.Number(status) : null),
        new("error", test => test.Error),
        new("durationMs", test => Words.Number(test.DurationMs)));
}
