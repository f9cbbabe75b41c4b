using System.Data.Common;
using System.Net;
using Couch.Cluster.Configuration;
using Couch.Cluster.Storage;
using Couch.Cluster.Storage.Postgres;
using Microsoft.Extensions.Logging;

namespace Couch.Cluster.Membership;

/// <summary>
/// Handles, at a silo's start, the rows of silos that no longer exist. Orleans orders silos of one address by their clocks, and
/// measures by the clock how long a silo has been silent: a dead silo whose clock was ahead would keep its successor, or every new
/// silo, from starting for that long. This class uses no silo's clock: it only checks whether a silo's lease and signs of life
/// change.
/// </summary>
internal sealed partial class OldMembers(
    PostgresDatabase database, CouchOptions options, ILocalSiloDetails self, TimeProvider clock, ILogger<OldMembers> log)
{
    /// <summary>A silo renews its lease every second, and one of a version before leases gives a sign of life every five.</summary>
    private static readonly TimeSpan Silent = TimeSpan.FromSeconds(12);

    private static readonly TimeSpan Noticeable = TimeSpan.FromSeconds(4);
    private static readonly TimeSpan Look = TimeSpan.FromSeconds(1);

    /// <summary>
    /// Longer than any lease: a lease that has not changed for this long is over, even if the database's clock was set back.
    /// </summary>
    private static readonly TimeSpan LongestLease = NodeLease.Duration + LeaseRenewal.Margin + TimeSpan.FromSeconds(1);

    /// <summary>A silo that still renews its lease after this time is alive.</summary>
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(15);

    private readonly Dictionary<(string Address, int Port, int Generation), Sighting> seen = [];

    private (string Address, int Port, int Generation) Own =>
        (self.SiloAddress.Endpoint.Address.ToString(), self.SiloAddress.Endpoint.Port, self.SiloAddress.Generation);

    /// <summary>Makes this silo the latest one at its address, once older silos there have no promise any more.</summary>
    /// <exception cref="SettingsException">A silo at this address is alive.</exception>
    public async Task TakeAddress(CancellationToken cancel)
    {
        var began = clock.GetTimestamp();
        var (isSaid, seenLease, since) = (false, (DateTime?)null, began);
        while (await database.Guard(() => Take(clock.GetElapsedTime(since) >= LongestLease ? seenLease : null, cancel)) is { } until)
        {
            if (until != seenLease)
                (seenLease, since) = (until, clock.GetTimestamp());
            if (clock.GetElapsedTime(began) > LongestWait)
                throw new SettingsException($"  - a silo of this couch lives at {self.SiloAddress.Endpoint} already: every node needs an "
                    + "address, or a COUCH_SILO_PORT, of its own");
            if (!isSaid)
                LogAddressHeld(self.SiloAddress.Endpoint, until);
            isSaid = true;
            await Task.Delay(Look, clock, cancel);
        }
    }

    /// <summary>
    /// Declares active silos dead that show no sign of life, until this silo has started. A silo that is joining renews nothing yet
    /// and blocks nothing, so two silos that start at once do not declare each other dead.
    /// </summary>
    public async Task Outlive(CancellationToken started)
    {
        while (!started.IsCancellationRequested)
        {
            try
            {
                foreach (var member in await Others(started))
                    await LookAt(member, started);
            }
            catch (Exception failure) when (failure is StorageUnavailableException or OperationCanceledException)
            {
                // While the database is away no silo can give a sign of life.
                seen.Clear();
            }

            await Task.Delay(Look, clock, started).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task LookAt(Member member, CancellationToken cancel)
    {
        if (!seen.TryGetValue(member.Key, out var sighting) || sighting.Member != member)
        {
            seen[member.Key] = new(member, clock.GetTimestamp());
            return;
        }

        var silence = clock.GetElapsedTime(sighting.Since);
        var endpoint = new IPEndPoint(IPAddress.Parse(member.Key.Address), member.Key.Port);
        if (silence >= Silent && await database.Guard(() => Declare(member, cancel)))
            LogOutlived(endpoint, member.Host, silence.TotalSeconds);
        else if (silence >= Noticeable && !sighting.IsSaid)
        {
            seen[member.Key] = sighting with { IsSaid = true };
            LogSilent(endpoint, member.Host, Silent.TotalSeconds);
        }
    }

    /// <param name="passed">A lease that is over, because it has not changed for longer than a lease lasts.</param>
    private async Task<DateTime?> Take(DateTime? passed, CancellationToken cancel)
    {
        await using var connection = await database.Writes.OpenConnectionAsync(cancel);
        await using var command = connection.CreateCommand();
        command.CommandText = "SELECT couch_membership_take(@deployment, @address, @port, @generation, @passed::timestamptz)";
        Name(command, Own);
        command.Add("passed", (object?)passed ?? DBNull.Value);
        return await command.ExecuteScalarAsync(cancel) as DateTime?;
    }

    private Task<List<Member>> Others(CancellationToken cancel) => database.Guard(async () =>
    {
        await using var connection = await database.Reads.OpenConnectionAsync(cancel);
        await using var command = connection.CreateCommand();
        command.CommandText =
            """
            SELECT address, port, generation, host_name, lease_until, i_am_alive_time FROM membership
            WHERE deployment_id = @deployment AND status = @active
              AND NOT (address = @address AND port = @port AND generation = @generation)
            """;
        Name(command, Own);
        command.Add("active", (int)SiloStatus.Active);
        return await command.Rows(
            row => new Member((row.GetString(0), row.GetInt32(1), row.GetInt32(2)), row.GetString(3),
                row.IsDBNull(4) ? null : row.GetDateTime(4), row.GetDateTime(5)), cancel);
    });

    private async Task<bool> Declare(Member member, CancellationToken cancel)
    {
        await using var connection = await database.Writes.OpenConnectionAsync(cancel);
        await using var command = connection.CreateCommand();
        command.CommandText = "SELECT couch_membership_outlive(@deployment, @address, @port, @generation, @lease, @alive)";
        Name(command, member.Key);
        command.Add("lease", (object?)member.Lease ?? DBNull.Value);
        command.Add("alive", member.Alive);
        return await command.ExecuteScalarAsync(cancel) is true;
    }

    private void Name(DbCommand command, (string Address, int Port, int Generation) member)
    {
        command.Add("deployment", options.ClusterId);
        command.Add("address", member.Address);
        command.Add("port", member.Port);
        command.Add("generation", member.Generation);
    }

    private sealed record Member((string Address, int Port, int Generation) Key, string Host, DateTime? Lease, DateTime Alive);

    private sealed record Sighting(Member Member, long Since)
    {
        public bool IsSaid { get; init; }
    }

    [LoggerMessage(
        290, LogLevel.Warning, "Waiting for an older process at {Endpoint}, which may answer until {Until:O} by the database's clock")]
    private partial void LogAddressHeld(IPEndPoint endpoint, DateTime until);

    [LoggerMessage(
        291, LogLevel.Warning, "Waiting for the silo at {Endpoint} on {Host}, which shows no sign of life: after {Seconds} s this node "
            + "starts without it")]
    private partial void LogSilent(IPEndPoint endpoint, string host, double seconds);

    [LoggerMessage(
        292, LogLevel.Warning, "The silo at {Endpoint} on {Host} has shown no sign of life for {Seconds:0} s and counts as dead")]
    private partial void LogOutlived(IPEndPoint endpoint, string host, double seconds);
}
