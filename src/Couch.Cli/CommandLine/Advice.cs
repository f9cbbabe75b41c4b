using Couch.Cli.Settings;
using Couch.Client;

namespace Couch.Cli.CommandLine;

/// <summary>What is said where the couch says no: what happened, and what to do next.</summary>
internal static class Advice
{
    public static string WhatHappened(CouchException problem, Target target) => problem switch
    {
        CouchUnavailableException { StatusCode: null } => $"{target.Url} does not answer: {Cause(problem)}",
        CouchNotFoundException { EndReason: { } reason } => $"{problem.Message}: the stay has ended ({reason})",
        { StatusCode: { } status } when (int)status is >= 300 and < 400 =>
            $"{target.Url} answers with a redirect ({(int)status}), which is not followed",
        { Problem: null, StatusCode: not null } => $"{problem.Message}; what answers at {target.Url} may not be a couch",
        _ => problem.Message,
    };

    public static string? Next(CouchException problem, Target target) => problem switch
    {
        CouchUnauthorizedException when target.UnusedContext is { } name =>
            $"the address is from {target.UrlFrom}, so the key of context {name} was not sent: give one by --key-file or COUCH_AUTH_TOKEN",
        CouchUnauthorizedException when target.KeyFrom is null =>
            "give a host key by COUCH_AUTH_TOKEN or --key-file, or store it: couch context set NAME --url URL --key-file FILE",
        CouchUnauthorizedException => $"the key from {target.KeyFrom} is not valid, or not any more; couch doctor looks closer",
        CouchForbiddenException => Detail(problem) ?? "ask with a key that has the scope; couch doctor shows this key's",
        CouchUnavailableException { LookFirst: true } => "it may have been done: look first, before you ask again",
        CouchUnavailableException { StatusCode: null } =>
            $"is the couch running, and is the address right ({target.UrlFrom})? See: couch doctor",
        CouchUnavailableException => Detail(problem) ?? "ask again; couch doctor looks closer",
        CouchRateLimitedException { RetryAfter: { } wait } => $"ask again in {Math.Ceiling(wait.TotalSeconds)} s",
        { StatusCode: { } status } when (int)status is >= 300 and < 400 => "is the address right? Perhaps it must begin with https://",
        { Problem: null } => "is the address right? See: couch doctor",
        _ => Detail(problem),
    };

    /// <summary>Why there was no answer, as exactly as it is known.</summary>
    public static string Cause(Exception problem) => problem.InnerException switch
    {
        HttpRequestException { HttpRequestError: HttpRequestError.NameResolutionError } => "its name is not known",
        HttpRequestException { HttpRequestError: HttpRequestError.SecureConnectionError } lost =>
            $"no secure connection ({(lost.InnerException ?? lost).Message})",
        HttpRequestException { HttpRequestError: HttpRequestError.ConnectionError } lost => Plain(lost.InnerException ?? lost),
        HttpRequestException lost => Plain(lost),
        OperationCanceledException => "it did not answer in time",
        _ => problem.Message,
    };

    private static string Plain(Exception exception) => exception.Message.TrimEnd('.');

    /// <summary>What the couch advises, where that is more than its sentence.</summary>
    private static string? Detail(CouchException problem) => problem.Detail is { } detail && detail != problem.Message ? detail : null;
}
