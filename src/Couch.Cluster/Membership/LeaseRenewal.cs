using System.Data.Common;
using System.Net.Sockets;
using Couch.Cluster.Storage;
using Couch.Cluster.Storage.Postgres;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Couch.Cluster.Membership;

/// <summary>
/// Renews the node's lease once a second, in its own row of the table of silos. A silo that declares this node dead writes to the
/// same row, and the table makes that write wait until the promised lease is over (0011-membership-lease.sql). The renewal blocks a
/// thread of its own, so that a long queue in the thread pool cannot cost the node its lease.
/// </summary>
internal sealed partial class LeaseRenewal(
    NodeLease lease, PostgresDatabase database, CouchOptions options, ILocalSiloDetails self, IClusterMembershipService membership,
    TimeProvider clock, ILogger<LeaseRenewal> log) : ILifecycleParticipant<ISiloLifecycle>, IAsyncDisposable
{
    /// <summary>
    /// How much longer the promise in the table lasts than the node's lease: covers a database whose clock is set forward, and a
    /// failover to another database server.
    /// </summary>
    internal static readonly TimeSpan Margin = TimeSpan.FromSeconds(0.5);

    internal const string RenewStatement =
        """
        UPDATE membership SET lease_until = clock_timestamp() + make_interval(secs => @seconds)
        WHERE deployment_id = @deployment AND address = @address AND port = @port AND generation = @generation AND status <> 6
        RETURNING (SELECT version FROM membership_version WHERE membership_version.deployment_id = membership.deployment_id)
        """;

    private static readonly TimeSpan Period = TimeSpan.FromSeconds(1);

    private readonly NpgsqlDataSource connections = database.OpenForLease();
    private readonly CancellationTokenSource leaving = new();
    private Task renewing = Task.CompletedTask;
    private bool isLost;
    private bool isSaid;
    private bool hasFailed;

    // At start, the row exists by this stage and the silo is not active yet; at stop, all grains have left before it.
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
        var left = leaving.Token;
        var first = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        renewing = Task.Factory.StartNew(
            () => Renew(first, left), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        await first.Task.WaitAsync(cancel);
    }

    /// <summary>Withdraws the promise, so that this silo's own write of its end need not wait.</summary>
    private async Task Stop(CancellationToken cancel)
    {
        await leaving.CancelAsync();
        await renewing.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        lease.End();
        try
        {
            await Task.Run(() => Promise(TimeSpan.Zero), cancel);
        }
        catch (Exception failure)
            when (failure is DbException or TimeoutException or IOException or SocketException or OperationCanceledException)
        {
            // The promise expires by itself.
            LogNotReleased(database.Explain(failure));
        }
    }

    private void Renew(TaskCompletionSource first, CancellationToken left)
    {
        do
        {
            RenewOnce(left);
            first.TrySetResult();
        }
        while (!isLost && !left.WaitHandle.WaitOne(Period));
    }

    private void RenewOnce(CancellationToken left)
    {
        try
        {
            var asked = lease.Now;
            if (Promise(NodeLease.Duration + Margin) is not { } version)
            {
                lease.End();
                isLost = true;
                LogLost();
                // Orleans learns of it as well, and ends this process.
                Wait(membership.Refresh(cancellationToken: left), left);
                return;
            }

            // The membership determines which silo owns a grain: an old view may place grains here that other silos own by now.
            if (membership.CurrentSnapshot.Version.Value < version)
                Wait(membership.Refresh(new MembershipVersion(version), left), left);
            lease.Renew(asked);
            // The failed call may have reached a server that no longer serves the database: its sessions are closed.
            if (hasFailed)
                database.LeaveSessions();
            hasFailed = false;
            if (isSaid)
                LogHeld();
            isSaid = false;
        }
        catch (Exception failure) when (!left.IsCancellationRequested)
        {
            connections.Clear();
            database.Notice(failure);
            hasFailed = true;
            // Logged once, when the lease has run out.
            if (!lease.Holds && !isSaid)
                LogNotRenewed(database.Explain(failure));
            isSaid = !lease.Holds;
        }
        catch (Exception)
        {
            // The silo is leaving: it promises nothing any more.
        }
    }

    private void Wait(ValueTask refresh, CancellationToken left) =>
        refresh.AsTask().WaitAsync(NodeLease.Duration, clock, left).GetAwaiter().GetResult();

    /// <summary>
    /// Makes the table promise that this silo is not declared dead for <paramref name="time"/>, by the database's clock.
    /// </summary>
    /// <returns>The table's version; null when this silo is dead or unknown.</returns>
    private int? Promise(TimeSpan time)
    {
        using var connection = connections.OpenConnection();
        using var command = connection.CreateCommand();
        command.CommandText = RenewStatement;
        command.Add("seconds", time.TotalSeconds);
        command.Add("deployment", options.ClusterId);
        command.Add("address", self.SiloAddress.Endpoint.Address.ToString());
        command.Add("port", self.SiloAddress.Endpoint.Port);
        command.Add("generation", self.SiloAddress.Generation);
        return (int?)command.ExecuteScalar();
    }

    [LoggerMessage(230, LogLevel.Information, "This node has confirmed that it is a member, and answers again")]
    private partial void LogHeld();

    [LoggerMessage(231, LogLevel.Warning, "Answering 503: this node cannot confirm that it is still a member. {Reason}")]
    private partial void LogNotRenewed(string reason);

    [LoggerMessage(
        232, LogLevel.Error,
        "Answering 503 from now on: this node was declared dead while it did not answer the others. The process ends; "
            + "started again, it is a member again")]
    private partial void LogLost();

    [LoggerMessage(233, LogLevel.Debug, "This silo leaves, and its lease runs out by itself: {Reason}")]
    private partial void LogNotReleased(string reason);
}
