using Couch.Domain.Invites;
using Couch.Gateway.Access;

namespace Couch.Gateway.Requests;

internal static class IdempotencyKeys
{
    public const string Header = "Idempotency-Key";
    private const int Most = 255;

    /// <summary>The same for a host's DELETE, which has no body: scoped to the host key that sends it.</summary>
    public static Idempotency? HostIdempotency(this Fields fields, HttpContext context) =>
        fields.IdempotencyKey(context.Request) is { } key ? Idempotency.Of(HostCaller.Of(context).Actor, "delete", key) : null;

    /// <summary>The request's idempotency key, 1 to 255 visible ASCII characters; null where it carries none.</summary>
    public static string? IdempotencyKey(this Fields fields, HttpRequest request)
    {
        var sent = request.Headers[Header];
        if (sent.Count == 0)
            return null;
        if (sent is [{ Length: >= 1 and <= Most } key] && key.All(letter => letter is >= '!' and <= '~'))
            return key;
        fields.Wrong($"{Header} must be one header of 1 to {Most} visible ASCII characters");
        return null;
    }
}
