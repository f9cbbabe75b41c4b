using System.Net;

namespace Couch.Client;

/// <summary>
/// The couch said no, failed, or did not answer. The message is the sentence of the protocol where there is one; it never has a code, a
/// token or a key in it. What is of no kind of its own, such as a 500, is of this type itself.
/// </summary>
public class CouchException : Exception
{
    internal CouchException(string message, HttpStatusCode? status, CouchProblem? problem, Exception? inner = null)
        : base(message, inner) => (StatusCode, Problem) = (status, problem);

    /// <summary>The status code of the answer; null where there was none.</summary>
    public HttpStatusCode? StatusCode { get; }

    /// <summary>The whole problem; null where the answer was none, as when a proxy gave it.</summary>
    public CouchProblem? Problem { get; }

    /// <summary>What was wrong, and what can be done about it; null where the answer does not say it.</summary>
    public string? Detail => Problem?.Detail;

    /// <inheritdoc cref="CouchProblem.GuestStatus"/>
    public string? GuestStatus => Problem?.GuestStatus;

    /// <inheritdoc cref="CouchProblem.EndReason"/>
    public string? EndReason => Problem?.EndReason;

    /// <summary>How long the couch asks to wait before the next request; null where it does not say.</summary>
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>Whether the same request may succeed later.</summary>
    internal virtual bool IsTransient => false;

    /// <summary>Whether it is certain that the request has had no effect.</summary>
    internal virtual bool NothingWasDone => false;

    internal static CouchException Redirected() => new(
        "a redirect was followed, and what was sent may have gone to a stranger: set AllowAutoRedirect to false", null, null);

    internal static CouchException Unreadable(HttpStatusCode? status, Exception? inner = null) =>
        new("the answer is not one of the couch protocol", status, null, inner);
}

/// <summary>
/// 400, 413 or 415: a value is out of its bounds, or what is asked for does not fit the present status, as when a guest is killed that has
/// ended already.
/// </summary>
public sealed class CouchValidationException : CouchException
{
    internal CouchValidationException(string message, HttpStatusCode status, CouchProblem? problem) : base(message, status, problem)
    {
    }
}

/// <summary>401: there is no host key, or it is unknown, revoked or expired.</summary>
public sealed class CouchUnauthorizedException : CouchException
{
    internal CouchUnauthorizedException(string message, HttpStatusCode status, CouchProblem? problem) : base(message, status, problem)
    {
    }
}

/// <summary>403: the host key lacks a scope, or may not give what it was to give.</summary>
public sealed class CouchForbiddenException : CouchException
{
    internal CouchForbiddenException(string message, HttpStatusCode status, CouchProblem? problem) : base(message, status, problem)
    {
    }
}

/// <summary>
/// 404: there is no such thing, or the code or the token is not genuine. To the genuine token of a guest that has ended,
/// <see cref="CouchException.GuestStatus"/> and <see cref="CouchException.EndReason"/> say how it ended.
/// </summary>
public sealed class CouchNotFoundException : CouchException
{
    internal CouchNotFoundException(string message, HttpStatusCode status, CouchProblem? problem) : base(message, status, problem)
    {
    }
}

/// <summary>
/// 409: the invite is redeemed, revoked or expired; an idempotency key was used with another body; there are too many webhooks.
/// </summary>
public sealed class CouchConflictException : CouchException
{
    internal CouchConflictException(string message, HttpStatusCode status, CouchProblem? problem) : base(message, status, problem)
    {
    }
}

/// <summary>429: too many requests from this address. Nothing was done.</summary>
public sealed class CouchRateLimitedException : CouchException
{
    internal CouchRateLimitedException(string message, HttpStatusCode status, CouchProblem? problem) : base(message, status, problem)
    {
    }

    internal override bool IsTransient => true;

    internal override bool NothingWasDone => true;
}
