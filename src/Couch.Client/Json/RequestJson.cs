using System.Text.Json.Serialization;

namespace Couch.Client.Json;

/// <summary>Every body that is sent. What is not said is left out, and takes the couch's own default.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(NewInvite))]
[JsonSerializable(typeof(CodeBody))]
[JsonSerializable(typeof(RedeemBody))]
[JsonSerializable(typeof(ActivateBody))]
[JsonSerializable(typeof(UsageReport))]
[JsonSerializable(typeof(ExtendBody))]
[JsonSerializable(typeof(NewHostKey))]
[JsonSerializable(typeof(NewWebhook))]
[JsonSerializable(typeof(Selection))]
internal sealed partial class RequestJson : JsonSerializerContext;
