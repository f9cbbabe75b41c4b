using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Serialization;
using Couch.Domain.Keys;
using Couch.Domain.Values;

namespace Couch.Domain.Invites;

/// <summary>
/// A client's idempotency key and the body it came with, both kept only as SHA-256, because the key may be as secret as a password.
/// </summary>
[GenerateSerializer, Immutable, Alias("couch.Idempotency")]
public sealed record Idempotency
{
    /// <summary>How long the same key and body give the same answer.</summary>
    public static readonly TimeSpan Remembered = TimeSpan.FromHours(24);

    private const string BulkBody = "one of many";

    private static readonly string BulkBodyHash = Of("", BulkBody).BodyHash;

    private const int HashLength = 2 * SHA256.HashSizeInBytes;

    /// <summary>SHA-256 of the key, for hosts together with its use and its sender: 64 lower-case hexadecimal digits.</summary>
    [Id(0)] public required string KeyHash { get; init; }

    /// <summary>SHA-256 of the body's fields, each after its length: 64 lower-case hexadecimal digits.</summary>
    [Id(1)] public required string BodyHash { get; init; }

    /// <summary>The hashes of a key and of the body that it came with.</summary>
    /// <param name="key">The header as sent.</param>
    /// <param name="body">The fields that were read, one entry each. Fields that are ignored do not make the body a different one.</param>
    public static Idempotency Of(string key, params ReadOnlySpan<string?> body)
    {
        // Each field follows its length, so that two different bodies never give the same text. A missing field differs from an empty one.
        var text = new StringBuilder();
        foreach (var field in body)
            text.Append(field?.Length ?? -1).Append(':').Append(field).Append(';');
        return new() { KeyHash = Hash(key), BodyHash = Hash(text.ToString()) };
    }

    /// <summary>
    /// The same for hosts' requests, where an idempotency key belongs to the host key that sends it. The configured key counts as one
    /// sender, and so do all callers on the machine itself, who need no key.
    /// </summary>
    /// <param name="by">Its sender.</param>
    /// <param name="use">What it is sent for.</param>
    public static Idempotency Of(Actor by, string use, string key, params ReadOnlySpan<string?> body) =>
        Of($"{use} {by.Scope} {key}", body);

    /// <summary>The key of each end that a bulk order causes.</summary>
    /// <param name="by">Its sender.</param>
    /// <param name="order">The order's id.</param>
    public static Idempotency OfBulkOrder(Actor by, string order) => Of(by, "bulk", order, BulkBody);

    /// <summary>Whether a bulk order came with it.</summary>
    [JsonIgnore] public bool IsOfBulkOrder => BodyHash == BulkBodyHash;

    /// <summary>
    /// Whether a command that comes at <paramref name="now"/> carries the key that was kept at <paramref name="keptAt"/>.
    /// </summary>
    public bool IsRepeatedBy(Idempotency? command, DateTimeOffset keptAt, DateTimeOffset now) =>
        command?.KeyHash == KeyHash && now < keptAt + Remembered;

    /// <summary>Null where both are hashes; else a sentence.</summary>
    internal string? WhyNot() =>
        Bounds.Required("the idempotency key's hash", KeyHash, HashLength) ?? Bounds.Required("the body's hash", BodyHash, HashLength);

    private static string Hash(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));
}
