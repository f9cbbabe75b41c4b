using System.ComponentModel.DataAnnotations;
using Couch.Domain.Invites;
using Couch.Domain.Values;
using Couch.Gateway.Requests;

namespace Couch.Gateway.Stays;

/// <summary>A guest at the door.</summary>
public sealed record RedeemBody
{
    // Far above the length of a code: a longer text cannot be one.
    private const int MostCode = 512;

    /// <summary>The invite's code. Required, here or as <c>inviteCode</c>.</summary>
    public string? Code { get; init; }

    /// <summary>Another name for <c>code</c>, which is looked at first.</summary>
    public string? InviteCode { get; init; }

    /// <summary>What the guest wants to be called: 1 to 128 characters.</summary>
    [Required] public string? Name { get; init; }

    /// <summary>One OpenSSH public key, to be let into the VM by.</summary>
    public string? PublicKey { get; init; }

    internal (string Code, RedeemInvite Command) Read(Fields fields, string? idempotencyKey)
    {
        var code = string.IsNullOrWhiteSpace(Code)
            ? fields.Required("code", InviteCode, MostCode)
            : fields.Required("code", Code, MostCode);
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

/// <summary>A guest that leaves.</summary>
public sealed record CheckOutBody
{
    /// <summary>The guest's token, where it is not sent as bearer.</summary>
    public string? Token { get; init; }
}
