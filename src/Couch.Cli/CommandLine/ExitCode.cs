using Couch.Client;

namespace Couch.Cli.CommandLine;

/// <summary>What a command's end says to the program that ran it. The numbers are a promise: see docs/cli.md.</summary>
internal static class ExitCode
{
    public const int Ok = 0;
    public const int Failure = 1;
    public const int Usage = 2;
    public const int NotFound = 3;
    public const int NotAllowed = 4;
    public const int Conflict = 5;
    public const int OverLimit = 6;
    public const int Unavailable = 7;
    public const int Interrupted = 130;

    /// <summary>All of them, as help and docs list them.</summary>
    public static IReadOnlyList<(int Code, string Meaning)> All { get; } =
    [
        (Ok, "done"),
        (Failure, "failed"),
        (Usage, "the command or a value is wrong"),
        (NotFound, "there is no such thing, or the code or token is not genuine"),
        (NotAllowed, "the key is missing, not valid, or lacks a scope"),
        (Conflict, "it does not fit the present state: already ended, already redeemed"),
        (OverLimit, "over a limit: too many requests, or a stay that would be too long"),
        (Unavailable, "the couch does not answer, or cannot right now"),
        (Interrupted, "interrupted"),
    ];

    public static int Of(CouchException problem) => problem switch
    {
        CouchNotFoundException => NotFound,
        CouchUnauthorizedException or CouchForbiddenException => NotAllowed,
        CouchConflictException => Conflict,
        CouchRateLimitedException => OverLimit,
        CouchUnavailableException => Unavailable,
        CouchValidationException => Usage,
        _ => Failure,
    };
}
