using System.Text.Json.Serialization;

namespace Couch.Client.Json;

/// <summary>Every answer, known at build time: nothing is read by reflection. Fields that are not known are ignored.</summary>
/// <remarks>
/// Generated code sets each <c>init</c> property, to null where an answer does not have it: a property with another default must take it
/// in place of null by itself.
/// </remarks>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, Converters = [typeof(IsoTime)])]
[JsonSerializable(typeof(Invite))]
[JsonSerializable(typeof(InvitePage))]
[JsonSerializable(typeof(InvitePreview))]
[JsonSerializable(typeof(RevokedInvites))]
[JsonSerializable(typeof(Guest))]
[JsonSerializable(typeof(GuestPage))]
[JsonSerializable(typeof(GuestReport))]
[JsonSerializable(typeof(RecordedUsage))]
[JsonSerializable(typeof(KilledGuest))]
[JsonSerializable(typeof(KilledGuests))]
[JsonSerializable(typeof(Redemption))]
[JsonSerializable(typeof(Stay))]
[JsonSerializable(typeof(CheckedOut))]
[JsonSerializable(typeof(HostKey))]
[JsonSerializable(typeof(HostKeyPage))]
[JsonSerializable(typeof(CreatedHostKey))]
[JsonSerializable(typeof(CouchEvent))]
[JsonSerializable(typeof(EventPage))]
[JsonSerializable(typeof(EventStats))]
[JsonSerializable(typeof(Webhook))]
[JsonSerializable(typeof(WebhookPage))]
[JsonSerializable(typeof(CreatedWebhook))]
[JsonSerializable(typeof(WebhookTest))]
[JsonSerializable(typeof(CouchSummary))]
[JsonSerializable(typeof(ConsoleLink))]
[JsonSerializable(typeof(Health))]
[JsonSerializable(typeof(Readiness))]
[JsonSerializable(typeof(CouchProblem))]
internal sealed partial class AnswerJson : JsonSerializerContext;
