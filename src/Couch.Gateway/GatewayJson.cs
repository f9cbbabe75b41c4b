using System.Text.Json.Serialization;
using Couch.Domain.Text;
using Couch.Gateway.Bulk;
using Couch.Gateway.Console;
using Couch.Gateway.Events;
using Couch.Gateway.Guests;
using Couch.Gateway.Health;
using Couch.Gateway.Invites;
using Couch.Gateway.Join;
using Couch.Gateway.Keys;
using Couch.Gateway.Problems;
using Couch.Gateway.Stays;
using Couch.Gateway.Summary;
using Couch.Gateway.Webhooks;

namespace Couch.Gateway;

/// <summary>Every shape that crosses the wire, known at build time: answers are written without reflection.</summary>
[JsonSerializable(typeof(Problem))]
[JsonSerializable(typeof(EndedProblem))]
[JsonSerializable(typeof(NotReadyProblem))]
[JsonSerializable(typeof(CreateInviteBody))]
[JsonSerializable(typeof(InviteView))]
[JsonSerializable(typeof(InviteList))]
[JsonSerializable(typeof(ActivateBody))]
[JsonSerializable(typeof(UsageBody))]
[JsonSerializable(typeof(ExtendBody))]
[JsonSerializable(typeof(GuestView))]
[JsonSerializable(typeof(GuestList))]
[JsonSerializable(typeof(GuestStatusView))]
[JsonSerializable(typeof(UsageView))]
[JsonSerializable(typeof(KilledView))]
[JsonSerializable(typeof(CreateKeyBody))]
[JsonSerializable(typeof(CreatedKeyView))]
[JsonSerializable(typeof(HostKeyView))]
[JsonSerializable(typeof(HostKeyList))]
[JsonSerializable(typeof(RedeemBody))]
[JsonSerializable(typeof(RedeemedView))]
[JsonSerializable(typeof(StayView))]
[JsonSerializable(typeof(PreviewBody))]
[JsonSerializable(typeof(PreviewView))]
[JsonSerializable(typeof(CheckOutBody))]
[JsonSerializable(typeof(CheckedOutView))]
[JsonSerializable(typeof(EventView))]
[JsonSerializable(typeof(EventList))]
[JsonSerializable(typeof(EventStats))]
[JsonSerializable(typeof(CreateWebhookBody))]
[JsonSerializable(typeof(CreatedWebhookView))]
[JsonSerializable(typeof(WebhookView))]
[JsonSerializable(typeof(WebhookList))]
[JsonSerializable(typeof(WebhookTestView))]
[JsonSerializable(typeof(BulkBody))]
[JsonSerializable(typeof(KilledManyView))]
[JsonSerializable(typeof(RevokedManyView))]
[JsonSerializable(typeof(SummaryView))]
[JsonSerializable(typeof(SignInBody))]
[JsonSerializable(typeof(SessionView))]
[JsonSerializable(typeof(TicketView))]
[JsonSerializable(typeof(SkillIndex))]
[JsonSerializable(typeof(HealthView))]
[JsonSerializable(typeof(ReadyView))]
internal sealed partial class GatewayJson : JsonSerializerContext
{
    public static void Configure(IServiceCollection services) => services.ConfigureHttpJsonOptions(json =>
    {
        CouchJson.Configure(json.SerializerOptions);
        // RepeatedNames has found them before, at whatever depth; this is for what it cannot read and the serializer skips.
        json.SerializerOptions.AllowDuplicateProperties = false;
        json.SerializerOptions.TypeInfoResolverChain.Insert(0, Default);
    });
}
