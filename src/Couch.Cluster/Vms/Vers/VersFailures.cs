using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Couch.Domain.Vms;

namespace Couch.Cluster.Vms.Vers;

/// <summary>Describes the provider's refusals and missing answers in sentences. None has the key in it.</summary>
internal sealed class VersFailures(Func<string, string> strikeOut, TimeProvider clock)
{
    private const int MostWords = 300;

    /// <param name="task">What was requested; it follows "to".</param>
    /// <param name="isFinal">Whether a status other than a bad key's is final.</param>
    /// <param name="mayHaveMade">
    /// Whether it was a create. A create that failed may have made a VM first; 503, like any 4xx, means that it was not processed.
    /// </param>
    public VmProviderException Refusal(string task, HttpResponseMessage reply, byte[] body, bool isFinal, bool mayHaveMade = false)
    {
        var verb = (int)reply.StatusCode >= 500 ? "failed" : "refused";
        return new($"Vers {verb} to {task}: {(int)reply.StatusCode} {Words(reply, body)}", isFinal || IsBadKey(reply.StatusCode))
        {
            RetryAfter = RetryAfter(reply, clock),
            MayHaveMade = mayHaveMade
                && reply.StatusCode is >= HttpStatusCode.InternalServerError and not HttpStatusCode.ServiceUnavailable,
            Fault = reply.StatusCode switch
            {
                var status when IsBadKey(status) => VmFault.KeyRefused,
                >= HttpStatusCode.InternalServerError or HttpStatusCode.TooManyRequests => VmFault.Failing,
                // Of a create, whose only reference is the golden commit.
                _ when isFinal && mayHaveMade => VmFault.ImageMissing,
                _ => null,
            },
        };
    }

    public static VmProviderException Late(string task, TimeSpan bound, Exception inner, bool mayHaveMade) =>
        new($"Vers did not answer within {bound.TotalSeconds:0.###} seconds when asked to {task}; it may have done it",
            inner: inner) { MayHaveMade = mayHaveMade, Fault = VmFault.Unreachable };

    public static VmProviderException CutOff(string task, Exception inner, bool mayHaveMade) =>
        new($"This node ended while Vers was asked to {task}; it may have done it", inner: inner) { MayHaveMade = mayHaveMade };

    public VmProviderException Unreachable(string task, Exception failure, bool mayHaveMade) =>
        new($"Vers could not be asked to {task}, or its answer got lost: "
            + $"{strikeOut(failure.InnerException?.Message ?? failure.Message)}", inner: failure)
        {
            MayHaveMade = mayHaveMade, Fault = VmFault.Unreachable,
        };

    public static VmProviderException TooLarge(string task, Exception inner, bool mayHaveMade) =>
        new($"Vers was asked to {task}, and {inner.GetBaseException().Message}", inner: inner) { MayHaveMade = mayHaveMade };

    /// <summary>A connection that is reset while it is being made fails in the client with the socket's own exception.</summary>
    public static bool IsOfTransport(Exception failure) => failure is HttpRequestException or SocketException;

    public static VmProviderException Unreadable(string task, Exception inner, bool mayHaveMade) =>
        new($"Vers answered in no form that it promises when asked to {task}: {inner.Message}", inner: inner) { MayHaveMade = mayHaveMade };

    /// <summary>Retry-After, as seconds or as a date; never negative.</summary>
    public static TimeSpan? RetryAfter(HttpResponseMessage reply, TimeProvider clock) => reply.Headers.RetryAfter switch
    {
        { Delta: { } seconds } => seconds,
        { Date: { } date } when date - clock.GetUtcNow() is var wait => wait > TimeSpan.Zero ? wait : TimeSpan.Zero,
        _ => null,
    };

    private static bool IsBadKey(HttpStatusCode status) => status is HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden;

    /// <summary>
    /// The <c>error</c> field, on one line and bounded; otherwise the status in words, because proxies answer with HTML.
    /// </summary>
    private string Words(HttpResponseMessage reply, byte[] body)
    {
        string? words = null;
        try
        {
            words = JsonSerializer.Deserialize<ErrorBody>(body, VersJson.Options)?.Error;
        }
        catch (JsonException)
        {
            // Not the provider's own answer.
        }

        if (string.IsNullOrWhiteSpace(words))
            return $"({reply.ReasonPhrase ?? reply.StatusCode.ToString()})";
        var line = string.Concat(strikeOut(words).Select(c => char.IsControl(c) ? ' ' : c));
        return line.Length <= MostWords ? line : line[..MostWords] + "…";
    }
}
