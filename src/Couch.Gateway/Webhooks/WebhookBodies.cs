using System.ComponentModel.DataAnnotations;
using Couch.Domain.Events;
using Couch.Domain.Values;
using Couch.Domain.Webhooks;
using Couch.Gateway.Requests;

namespace Couch.Gateway.Webhooks;

/// <summary>A webhook to be made.</summary>
public sealed record CreateWebhookBody
{
    /// <summary>Where events are sent: an absolute http or https address without a user's name, of at most 2048 characters.</summary>
    [Required] public string? Url { get; init; }

    /// <summary>
    /// Only these types: each a type such as <c>couch.guest.killed</c>, or a prefix of several types, such as <c>couch.guest.*</c>.
    /// Default: all.
    /// </summary>
    public IReadOnlyList<string?>? Types { get; init; }

    /// <summary>What the webhook is for: at most 256 characters.</summary>
    public string? Description { get; init; }

    internal (string Url, string? Types, string? Description) Read(Fields fields)
    {
        var url = fields.Required("url", Url, Webhook.MostUrl);
        if (Webhook.WhyNotUrl(url) is { } whyNot)
            fields.Wrong(whyNot);
        var types = Types is null ? null : string.Join(',', Types.Distinct());
        if (types is not null && EventTypes.Parse(types) is null)
            fields.Wrong($"types must name {EventTypes.Rule}");
        return (url, types, fields.Optional("description", Description, Bounds.MostLabel));
    }
}
