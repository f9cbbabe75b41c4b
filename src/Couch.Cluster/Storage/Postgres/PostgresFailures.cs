using System.Net.Sockets;
using Npgsql;

namespace Couch.Cluster.Storage.Postgres;

/// <summary>PostgreSQL's failures as sentences for an operator.</summary>
internal static class PostgresFailures
{
    /// <summary>Whether a database that is only just starting may fail like this.</summary>
    public static bool MayPass(Exception failure) => failure is not PostgresException refusal
        || refusal.SqlState is PostgresErrorCodes.CannotConnectNow or PostgresErrorCodes.TooManyConnections
            or PostgresErrorCodes.AdminShutdown or PostgresErrorCodes.CrashShutdown;

    public static string Explain(string where, Exception failure)
    {
        for (var inner = failure; inner is not null; inner = inner.InnerException)
        {
            switch (inner)
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

    // The server's own words may quote data, so they are passed on only where they speak of the server.
    private static string Refused(PostgresException refusal) => refusal.SqlState switch
    {
        PostgresErrorCodes.DiskFull => "refused: the disk is full",
        PostgresErrorCodes.ReadOnlySqlTransaction => "refused: it is read-only, perhaps a standby",
        PostgresErrorCodes.TooManyConnections => "refused: it has no connection left to give",
        PostgresErrorCodes.CannotConnectNow => "is starting up or shutting down",
        PostgresErrorCodes.AdminShutdown or PostgresErrorCodes.CrashShutdown => "is shutting down",
        PostgresErrorCodes.InvalidPassword or PostgresErrorCodes.InvalidAuthorizationSpecification => "refused the user or the password",
        PostgresErrorCodes.InvalidCatalogName => "has no such database",
        PostgresErrorCodes.InsufficientPrivilege or PostgresErrorCodes.UndefinedTable => $"refused: {refusal.MessageText}",
        PostgresErrorCodes.QueryCanceled => "did not answer in time",
        var state => $"failed with SQLSTATE {state}",
    };
}
