using System.Data.Common;
using System.Net.Sockets;
using Couch.Cluster.Storage;
using Microsoft.Extensions.Logging;

namespace Couch.Cluster.Membership;

/// <summary>
/// Renews the node's lease once a second, in its own row of the table of silos. Whoever declares the node dead does so in the
/// same row, and the table makes that wait until the lease that it has promised is over (0011-membership-lease.sql).
/// </summary>
internal sealed partial class LeaseRenewal(
    NodeLease lease, PostgresDatabase database, CouchOptions options, ILocalSiloDetails self, IClusterMembershipService membership,
    TimeProvider clock, ILogger<LeaseRenewal> log) : ILifecycleParticipant<ISiloLifecycle>, IAsyncDisposable
{
    /// <summary>How much longer the table promises than the node counts: for a database whose clock is set forward, or that fails over to another.</summary>
    internal static readonly TimeSpan Margin = TimeSpan.FromSeconds(0.5);

    internal const string RenewStatement =
        """
        UPDATE membership SET lease_until = clock_timestamp() + make_interval(secs => @seconds)
        WHERE deployment_id = @deployment AND address = @address AND port = @port AND generation = @generation AND status <> 6
        RETURNING (SELECT version FROM membership_version WHERE membership_version.deployment_id = membership.deployment_id)
        """;

    private static readonly TimeSpan Period = TimeSpan.FromSeconds(1);

    private readonly DbDataSource connections = database.OpenForLease();
    private readonly CancellationTokenSource leaving = new();
    private Task renewing = Task.CompletedTask;
    private bool isLost;
    private bool isSaid;

    // The row is made by then, and the silo is not active yet; at the end, all grains have left before.
    public void Participate(ISiloLifecycle lifecycle) =>
        lifecycle.Subscribe(nameof(LeaseRenewal), ServiceLifecycleStage.ApplicationServices, Start, Stop);

    public async ValueTask DisposeAsync()
    {
        await leaving.CancelAsync();
        await renewing.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        leaving.Dispose();
        await connections.DisposeAsync();
    }

    private async Task Start(CancellationToken cancel)
    {
        await RenewOnce(cancel);
        renewing = Task.Run(() => GoOnRenewing(leaving.Token), CancellationToken.None);
    }

    /// <summary>Nothing is promised any more, so that this silo's own farewell need not wait.</summary>
    private async Task Stop(CancellationToken cancel)
    {
        await leaving.CancelAsync();
        await renewing.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        lease.End();
        try
        {
            await Promise(TimeSpan.Zero, cancel);
        }
        catch (Exception failure) when (failure is DbException or TimeoutException or IOException or SocketException or OperationCanceledException)
        {
            // The promise runs out by itself.
            LogNotReleased(database.Explain(failure));
        }
    }

    private async Task GoOnRenewing(CancellationToken left)
    {
        using var beat = new PeriodicTimer(Period, clock);
        while (!isLost && await beat.WaitForNextTickAsync(left))
            await RenewOnce(left);
    }

    private async Task RenewOnce(CancellationToken cancel)
    {
        try
        {
            var asked = lease.Now;
            if (await Promise(NodeLease.Duration + Margin, cancel) is not { } version)
            {
                lease.End();
                isLost = true;
                LogLost();
                // Orleans finds out as well, and ends this process.
                await membership.Refresh(cancellationToken: cancel);
                return;
            }

            // Who owns which grain follows from who is a member: an old view may know of grains here that others own by now.
            if (membership.CurrentSnapshot.Version.Value < version)
                await membership.Refresh(new MembershipVersion(version), cancel).AsTask().WaitAsync(NodeLease.Duration, clock, cancel);
            lease.Renew(asked);
            if (isSaid)
                LogHeld();
            isSaid = false;
        }
        catch (Exception failure) when (!cancel.IsCancellationRequested)
        {
            // Said once, when it begins to count.
            if (!lease.Holds && !isSaid)
                LogNotRenewed(database.Explain(failure));
            isSaid = !lease.Holds;
        }
    }

    /// <summary>Has the table promise that this silo is not declared dead for <paramref name="time"/>, by the database's clock.</summary>
    /// <returns>The table's version; null where this silo is dead, or unknown.</returns>
    private async Task<long?> Promise(TimeSpan time, CancellationToken cancel)
    {
        await using var connection = await connections.OpenConnectionAsync(cancel);
        await using var command = connection.CreateCommand();
        command.CommandText = RenewStatement;
        command.Add("seconds", time.TotalSeconds);
        command.Add("deployment", options.ClusterId);
        command.Add("address", self.SiloAddress.Endpoint.Address.ToString());
        command.Add("port", self.SiloAddress.Endpoint.Port);
        command.Add("generation", self.SiloAddress.Generation);
        return await command.Rows(row => (long?)row.GetInt32(0), cancel) is [var version] ? version : null;
    }

    [LoggerMessage(230, LogLevel.Information, "This node has confirmed that it is a member, and answers again")]
    private partial void LogHeld();

    [LoggerMessage(231, LogLevel.Warning, "Answering 503: this node cannot confirm that it is still a member. {Reason}")]
    private partial void LogNotRenewed(string reason);

    [LoggerMessage(232, LogLevel.Error, "Answering 503 from now on: this node was declared dead while it did not answer the others")]
    private partial void LogLost();

    [LoggerMessage(233, LogLevel.Debug, "This silo leaves, and its lease runs out by itself: {Reason}")]
    private partial void LogNotReleased(string reason);
}
