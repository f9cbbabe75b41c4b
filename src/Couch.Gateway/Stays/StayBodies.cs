using System.ComponentModel.DataAnnotations;
using Couch.Domain.Invites;
using Couch.Domain.Values;
using Couch.Gateway.Requests;

namespace Couch.Gateway.Stays;

/// <summary>A guest's request to redeem an invite.</summary>
public sealed record RedeemBody
{
    // Far above the length of a code and of a token: a longer text cannot be one.
    internal const int MostCapability = 512;

    /// <summary>The invite's code. Required, here or as <c>inviteCode</c>.</summary>
    public string? Code { get; init; }

    /// <summary>Another name for <c>code</c>, which takes precedence.</summary>
    public string? InviteCode { get; init; }

    /// <summary>What the guest wants to be called: 1 to 128 characters.</summary>
    [Required] public string? Name { get; init; }

    /// <summary>One OpenSSH public key, which gives access to the VM.</summary>
    public string? PublicKey { get; init; }

    internal (string Code, RedeemInvite Command) Read(Fields fields, string? idempotencyKey)
    {
        var code = string.IsNullOrWhiteSpace(Code)
            ? fields.Required("code", InviteCode, MostCapability)
            : fields.Required("code", Code, MostCapability);
        var name = fields.Required("name", Name, Bounds.MostName);
        var publicKey = fields.PublicKey("publicKey", PublicKey);
        return (code, new RedeemInvite
        {
            GuestName = name,
            PublicKey = publicKey,
            Idempotency = idempotencyKey is null ? null : Idempotency.Of(idempotencyKey, name, publicKey),
        });
    }
}

/// <summary>A question what an invite offers.</summary>
public sealed record PreviewBody
{
    /// <summary>The invite's code.</summary>
    [Required] public string? Code { get; init; }

    internal string Read(Fields fields) => fields.Required("code", Code, RedeemBody.MostCapability);
}

/// <summary>A guest's request to end its stay.</summary>
public sealed record CheckOutBody
{
    /// <summary>The guest's token, when it is not sent as bearer.</summary>
    public string? Token { get; init; }

    internal string? Read(Fields fields) => fields.Optional("token", Token, RedeemBody.MostCapability);
}
