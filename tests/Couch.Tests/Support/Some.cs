using System.Security.Cryptography;
using Couch.Domain.Capabilities;
using Couch.Domain.Guests;
using Couch.Domain.Invites;
using Couch.Domain.Text;

namespace Couch.Tests.Support;

/// <summary>Values a test needs and does not care about.</summary>
internal static class Some
{
    public static readonly RandomNumberGenerator Random = RandomNumberGenerator.Create();

    /// <summary>A fixed moment, in whole milliseconds.</summary>
    public static readonly DateTimeOffset Time = new(2026, 11, 23, 12, 0, 0, 123, TimeSpan.Zero);

    public static SigningKeys Keys() => KeysOf(Key());

    public static string Key() => Convert.ToBase64String(RandomNumberGenerator.GetBytes(32));

    public static SigningKeys KeysOf(params string[] keys) =>
        SigningKeys.TryParse(string.Join(',', keys), out var parsed, out var why) ? parsed : throw new ArgumentException(why);

    public static CreateInvite CreateInvite(DateTimeOffset now, double expiresInHours = 24, ResourceLimits? limits = null,
        Enforcement enforcement = Enforcement.Stop) => new()
    {
        Id = InviteId.New(now, Random),
        CreatedBy = "noah",
        Label = "test",
        ResourceLimits = limits ?? ResourceLimits.Default,
        Permissions = Permissions.Default,
        Enforcement = enforcement,
        ExpiresInHours = expiresInHours,
    };

    public static Invite Invite(DateTimeOffset? now = null, double expiresInHours = 24, ResourceLimits? limits = null,
        Enforcement enforcement = Enforcement.Stop) =>
        global::Couch.Domain.Invites.Invite.Create(CreateInvite(now ?? Time, expiresInHours, limits, enforcement));

    public static RedeemInvite Redeem(string? key = null, string name = "guest-1") => new()
    {
        GuestName = name,
        Idempotency = key is null ? null : Idempotency.Of(key, name, null),
    };

    public static Guest Guest(ResourceLimits? limits = null, Enforcement enforcement = Enforcement.Stop) =>
        global::Couch.Domain.Guests.Guest.Arriving(Redeemed(Invite(limits: limits, enforcement: enforcement), Time));

    public static Invite Redeemed(Invite invite, DateTimeOffset now, RedeemInvite? command = null) =>
        Xunit.Assert.IsType<RedeemOutcome.Redeemed>(invite.Redeem(command ?? Redeem(), GuestId.New(now, Random), now)).Invite;

    /// <summary>What a row keeps of a value and gives back.</summary>
    public static T Stored<T>(T value) =>
        System.Text.Json.JsonSerializer.Deserialize<T>(System.Text.Json.JsonSerializer.Serialize(value, CouchJson.Stored),
            CouchJson.Stored)!;
}
