using System.Data.Common;
using System.Text.Json;
using Couch.Cluster.Membership;
using Couch.Cluster.Storage;
using Couch.Domain.Values;
using Microsoft.AspNetCore.Diagnostics;
using Orleans.Serialization;

namespace Couch.Gateway.Problems;

/// <summary>
/// Turns every exception into an answer. A dependency that does not answer gives a 503, after which the request may be repeated. Only a bug
/// gives a 500, and its cause is written only to the log.
/// </summary>
internal sealed partial class Failures(ILogger<Failures> log) : IExceptionHandler
{
    // What the framework says of a field that a body does not take; it has no other sign of it.
    private const string Unmapped = "could not be mapped to any .NET member";

    public async ValueTask<bool> TryHandleAsync(HttpContext httpContext, Exception exception, CancellationToken cancellationToken)
    {
        await Refuse(exception).ExecuteAsync(httpContext);
        return true;
    }

    /// <summary>What is answered after an exception, which is logged where it is a failure.</summary>
    public Refusal Refuse(Exception exception)
    {
        var refusal = exception switch
        {
            BadHttpRequestException bad => Unreadable(bad),
            OutOfBoundsException wrong => Refusals.Wrong(wrong.Message),
            UnreadableRowException row => Refusals.UnreadableRow(row.Kind),
            _ when IsUnavailable(exception) => Refusals.Unavailable,
            _ => Refusals.Bug,
        };

        if (refusal.StatusCode is 503)
            LogUnavailable(
                exception.GetType().Name, exception is StorageUnavailableException or UnreadableRowException ? exception.Message : "");
        else if (refusal.StatusCode is 500)
            LogBug(exception);
        return refusal;
    }

    /// <summary>Storage or silo did not answer, or another node wrote first: in each case repeating the request is safe.</summary>
    private static bool IsUnavailable(Exception exception) => exception
        is StorageUnavailableException or NotConfirmedException or OrleansException or TimeoutException or DbException
            or OperationCanceledException
        || IsAnotherNodes(exception);

    /// <summary>The database's driver failed on another node: its exceptions do not keep their type between nodes.</summary>
    private static bool IsAnotherNodes(Exception exception) =>
        exception is UnavailableExceptionFallbackException { ExceptionType: { } type } && type.StartsWith(
            "Npgsql.", StringComparison.Ordinal);

    private static Refusal Unreadable(BadHttpRequestException bad) => bad switch
    {
        { StatusCode: 413 } => Refusals.BodyTooLarge,
        { StatusCode: 415 } => Refusals.BodyNotJson,
        { StatusCode: not 400 } => Refusals.Plain(bad.StatusCode),
        // The body is not JSON at all, as opposed to JSON that a field does not take.
        { InnerException: JsonException { InnerException: JsonException } malformed } => Refusals.Wrong(
            $"the body is not valid JSON, at line {malformed.LineNumber + 1}, byte {malformed.BytePositionInLine + 1}"),
        { InnerException: JsonException { Message: var said } } when said.Contains(Unmapped, StringComparison.Ordinal) => Refusals.Wrong(
            "the body has a field that is not known here; names are spelled in one way, such as createdBy"),
        { InnerException: JsonException { Path: ['$', '.', .. var field] } } => Refusals.Wrong(
            $"{field} has the wrong type, or is not valid text"),
        { InnerException: JsonException } => Refusals.Wrong("the body must be a JSON object"),
        _ => Refusals.BodyMissing,
    };

    [LoggerMessage(81, LogLevel.Warning, "Answered 503: {Failure} {Reason}")]
    private partial void LogUnavailable(string failure, string reason);

    [LoggerMessage(82, LogLevel.Error, "Answered 500")]
    private partial void LogBug(Exception exception);
}
