using System.Data.Common;
using System.Net.Sockets;
using Couch.Cluster.Storage;
using Couch.Cluster.Transport;
using Microsoft.Extensions.Logging;
using Orleans.Runtime.Messaging;

namespace Couch.Cluster.Connection;

/// <summary>
/// A gateway's connection to the cluster: the silos that it is connected to. Explains why there are none, and makes Orleans retry
/// the first connection without limit.
/// </summary>
internal sealed partial class RemoteSilos(
    CouchOptions options, CouchDatabase database, Refusals refusals, TimeProvider clock, ILogger<RemoteSilos> log)
    : IClusterConnection, IClientConnectionRetryFilter, IClusterConnectionStatusObserver
{
    private static readonly TimeSpan BetweenAttempts = TimeSpan.FromSeconds(1);

    private volatile string? whyNot = "No silo has been reached yet.";
    private volatile int connected;

    public string State => WhyNot is null ? "active" : "none";

    public string? WhyNot => whyNot ?? (connected == 0 ? "The connection to every silo is lost; it is being made again." : null);

    /// <summary>Records the first connection: from now on grains can be called as long as a silo is connected.</summary>
    public void Met()
    {
        whyNot = null;
        LogMet();
    }

    public async Task<bool> ShouldRetryConnectionAttempt(Exception exception, CancellationToken cancellationToken)
    {
        // Logged once for each reason, not every second.
        if (Explain(exception) is var reason && reason != whyNot)
        {
            whyNot = reason;
            LogNotMet(reason);
        }

        await Task.Delay(BetweenAttempts, clock, cancellationToken);
        return true;
    }

    public void NotifyGatewayCountChanged(int currentNumberOfGateways, int previousNumberOfGateways, bool connectionRecovered) =>
        connected = currentNumberOfGateways;

    public void NotifyClusterConnectionLost() => LogLost();

    private string Explain(Exception failure) => failure switch
    {
        DbException or TimeoutException or SocketException => $"The silos cannot be looked up: {database.Explain(failure)}.",
        SiloUnavailableException => $"No silo of '{options.ClusterId}' (COUCH_CLUSTER_ID) is running with a port for gateways "
            + "(COUCH_GATEWAY_PORT).",
        ConnectionFailedException => refusals.OfCalled
            ?? "No silo answers at its COUCH_GATEWAY_PORT, or none accepts this process's signing key (COUCH_SIGNING_KEY).",
        _ => $"The silos cannot be reached: {failure.Message}",
    };

    [LoggerMessage(71, LogLevel.Information, "Silos can be reached")]
    private partial void LogMet();

    [LoggerMessage(72, LogLevel.Warning, "Answering 503 until a silo can be reached: {Reason}")]
    private partial void LogNotMet(string reason);

    [LoggerMessage(73, LogLevel.Warning, "The connection to every silo is lost")]
    private partial void LogLost();
}
