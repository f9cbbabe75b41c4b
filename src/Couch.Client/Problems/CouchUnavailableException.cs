using System.Net;

namespace Couch.Client;

/// <summary>
/// 502, 503 or 504, or no answer at all. What was asked may or may not have happened. Asking again is safe, unless
/// <see cref="LookFirst"/> is true; where the call takes an idempotency key, the same key gives the same answer.
/// </summary>
public sealed class CouchUnavailableException : CouchException
{
    internal CouchUnavailableException(string message, HttpStatusCode status, CouchProblem? problem) : base(message, status, problem)
    {
    }

    internal CouchUnavailableException(Exception lost) : base(
        lost is OperationCanceledException ? "the couch did not answer in time" : "the couch was not reached, or the connection was lost",
        null, null, lost)
    {
    }

    /// <summary>The state of a node's silo; null where the answer does not say it.</summary>
    public string? Silo => Problem?.Silo;

    /// <summary>Why the node's database does not answer, or <c>ok</c>; null where the answer does not say it.</summary>
    public string? Database => Problem?.Database;

    /// <summary>
    /// Whether it may have been done, and would be done or refused a second time: look before asking again. Only for calls that the client
    /// does not repeat by itself then, such as extending a guest or making a key.
    /// </summary>
    public bool LookFirst { get; internal set; }

    internal override bool IsTransient => true;

    /// <summary>There was no connection over which anything could have been asked.</summary>
    internal override bool NothingWasDone => InnerException is HttpRequestException
    {
        HttpRequestError: HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError
            or HttpRequestError.SecureConnectionError or HttpRequestError.ProxyTunnelError,
    };

    /// <summary>Whether an exception says that a connection failed, or that time was up, and not that the caller gave up.</summary>
    internal static bool IsLoss(Exception exception, CancellationToken cancel) =>
        exception is HttpRequestException or IOException
        || (exception is OperationCanceledException && !cancel.IsCancellationRequested);
}
