using System.Net.Sockets;
using Npgsql;

namespace Couch.Cluster.Storage.Postgres;

/// <summary>PostgreSQL's failures as sentences for an operator.</summary>
internal static class PostgresFailures
{
    public const string ReadOnly = "refuses writes: it is read-only, perhaps a standby";

    public const string LendsSessions =
        "is behind a pool that lends a session for a transaction only (PgBouncer with pool_mode=transaction): "
        + "add Max Auto Prepare=0 to ConnectionStrings__Couch, or use pool_mode=session";

    /// <summary>Whether a database that is still starting may cause this failure.</summary>
    public static bool MayPass(Exception failure) => failure is not PostgresException refusal
        || refusal.SqlState is PostgresErrorCodes.CannotConnectNow or PostgresErrorCodes.TooManyConnections
            or PostgresErrorCodes.AdminShutdown or PostgresErrorCodes.CrashShutdown;

    /// <summary>Whether the connection is lost: the statement on it was not committed, or the outcome is unknown.</summary>
    public static bool IsLostConnection(Exception failure)
    {
        foreach (var cause in failure.WithCauses())
        {
            switch (cause)
            {
                case TimeoutException:
                    return false;
                case PostgresException refusal:
                    return IsOver(refusal.SqlState);
                case SocketException or IOException:
                    return true;
            }
        }

        return false;
    }

    /// <summary>
    /// Whether sessions like the failed one are unusable: their server accepts no writes, is shutting down, or does not answer. A
    /// caller that waited in vain for a connection says nothing about the sessions in use.
    /// </summary>
    public static bool SpoilsSessions(Exception failure) =>
        !IsExhausted(failure) && (failure.WithCauses().Any(IsOfTheServer) || IsLostConnection(failure));

    private static bool IsOfTheServer(Exception cause) => cause is TimeoutException
        || (cause is PostgresException refusal
            && (refusal.SqlState is PostgresErrorCodes.ReadOnlySqlTransaction or PostgresErrorCodes.QueryCanceled
                || IsOver(refusal.SqlState)));

    /// <summary>
    /// Whether all connections stayed in use for the longest wait for one. The driver reports this only in its message.
    /// </summary>
    private static bool IsExhausted(Exception failure) => failure.WithCauses().Any(
        cause => cause is NoTurnException
            || (cause is NpgsqlException && cause.Message.StartsWith("The connection pool has been exhausted", StringComparison.Ordinal)));

    /// <param name="state">Null when the failure comes from another silo, which passes on only its message.</param>
    private static bool IsOver(string? state) => state?.StartsWith("08", StringComparison.Ordinal) is true
        || state is PostgresErrorCodes.AdminShutdown or PostgresErrorCodes.CrashShutdown or PostgresErrorCodes.CannotConnectNow;

    public static string Explain(string where, Exception failure)
    {
        if (IsExhausted(failure))
            return $"no connection to {where} came free in time: all that this node may have are in use (COUCH_DB_CONNECTIONS)";
        foreach (var cause in failure.WithCauses())
        {
            switch (cause)
            {
                case PostgresException refusal:
                    return $"{where} {Refused(refusal)}";
                case TimeoutException:
                    return $"{where} did not answer in time";
                case SocketException unreachable:
                    return $"{where} cannot be reached: {unreachable.Message}";
                case IOException broken:
                    return $"the connection to {where} broke: {broken.Message}";
            }
        }

        return $"{where} cannot be used: {failure.Message}";
    }

    // The server's message may quote data, so it is passed on only for errors that concern the server.
    private static string Refused(PostgresException refusal) => refusal.SqlState switch
    {
        PostgresErrorCodes.DiskFull => "refused: the disk is full",
        PostgresErrorCodes.ReadOnlySqlTransaction => ReadOnly,
        PostgresErrorCodes.TooManyConnections =>
            "refused: it has no connection left to give; raise max_connections, or lower COUCH_DB_CONNECTIONS",
        PostgresErrorCodes.CannotConnectNow => "is starting up or shutting down",
        PostgresErrorCodes.AdminShutdown or PostgresErrorCodes.CrashShutdown => "is shutting down",
        PostgresErrorCodes.InvalidPassword or PostgresErrorCodes.InvalidAuthorizationSpecification =>
            "refused the user or the password; correct them in ConnectionStrings__Couch",
        PostgresErrorCodes.InvalidCatalogName => "has no such database; make it, or correct Database in ConnectionStrings__Couch",
        // A pool such as PgBouncer reports most of its refusals with the last of these codes.
        PostgresErrorCodes.InsufficientPrivilege or PostgresErrorCodes.UndefinedTable or PostgresErrorCodes.ProtocolViolation =>
            $"refused: {refusal.MessageText}",
        PostgresErrorCodes.InvalidSqlStatementName or PostgresErrorCodes.DuplicatePreparedStatement => LendsSessions,
        PostgresErrorCodes.QueryCanceled => "did not answer in time",
        null => "failed",
        var state => $"failed with SQLSTATE {state}",
    };
}
