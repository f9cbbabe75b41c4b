using System.Data.Common;
using System.Net.Sockets;
using Couch.Cluster.Configuration;
using DbUp;
using DbUp.Postgresql;
using Npgsql;

namespace Couch.Cluster.Storage.Postgres;

/// <summary>PostgreSQL: the database of a cluster.</summary>
public sealed class PostgresDatabase : CouchDatabase
{
    // Orchestrators start a node and its database at once.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan BetweenAttempts = TimeSpan.FromMilliseconds(500);

    // Any number that all nodes use and no other program does: "couch" in ASCII.
    private const long UpgradeLock = 0x63_6F_75_63_68;

    private static readonly TimeSpan BetweenClears = TimeSpan.FromSeconds(1);

    private readonly NpgsqlDataSource source;
    private readonly NpgsqlConnectionStringBuilder settings;
    private long cleared;

    /// <param name="connections">The most connections held; a value in the connection string takes precedence.</param>
    public PostgresDatabase(string connectionString, int connections, TimeProvider? clock = null) : base(clock ?? TimeProvider.System)
    {
        settings = PostgresSettings.Complete(connectionString, connections);
        // The name is a label of the driver's metrics, which would otherwise be the connection string.
        source = new NpgsqlDataSourceBuilder(settings.ConnectionString) { Name = "couch" }.Build();
        Where = PostgresSettings.Where(settings);
    }

    /// <inheritdoc/>
    public override string Invariant => "Npgsql";

    /// <inheritdoc/>
    public override string Where { get; }

    /// <inheritdoc/>
    public override DbDataSource Writes => source;

    /// <inheritdoc/>
    public override DbDataSource Reads => source;

    /// <summary>The most connections there are at a time; more statements wait, and fail where they wait too long.</summary>
    internal int Connections => settings.MaxPoolSize;

    internal override string InsertRow =>
        """
        INSERT INTO grain_state (service, kind, id, version, state) VALUES (@service, @kind, @id, 1, CAST(@state AS jsonb))
        ON CONFLICT DO NOTHING RETURNING id
        """;

    internal override string NumberEvents => "SELECT newest, numbered, now_is FROM couch_number_events(@most, @thorough)";

    /// <summary>
    /// Null when <paramref name="connectionString"/> names a PostgreSQL database; otherwise the reason, quoting no secret.
    /// </summary>
    public static string? WhyUnusable(string connectionString) => PostgresSettings.WhyUnusable(connectionString);

    /// <summary>
    /// Connections for the node's lease alone: other users of connections or of the database must not keep the node from confirming
    /// that it is alive, and a connection that hangs is closed soon. The caller disposes them.
    /// </summary>
    internal NpgsqlDataSource OpenForLease() =>
        new NpgsqlDataSourceBuilder(PostgresSettings.ForLease(settings).ConnectionString) { Name = "couch-lease" }.Build();

    /// <inheritdoc/>
    public override async Task Upgrade(CancellationToken cancel)
    {
        await using var connection = await FirstConnection(cancel);
        try
        {
            if (await PostgresChecks.WhyUnusable(connection, source, settings, cancel) is { } why)
                throw new SettingsException($"  - {Where} {why}");

            await using var locked = await connection.BeginTransactionAsync(cancel);
            await using var command = connection.CreateCommand();
            // Waits by polling as long as another node upgrades, so that a database that dies meanwhile is noticed. The lock is
            // released with its transaction, however the node ends, and whatever session pool is in between.
            command.CommandText = $"SELECT pg_try_advisory_xact_lock({UpgradeLock})";
            while (await command.ExecuteScalarAsync(cancel) is not true)
                await Task.Delay(BetweenAttempts, Clock, cancel);
            await using var patient =
                new NpgsqlDataSourceBuilder(PostgresSettings.ForUpgrade(settings).ConnectionString) { Name = "couch-upgrade" }.Build();
            await Task.Run(
                () => Schema.Upgrade(DeployChanges.To.PostgresqlDatabase(new PostgresqlConnectionManager(patient)), "Postgres",
                    ReminderHorizon), cancel).WaitAsync(cancel);
        }
        catch (Exception failure) when (failure is DbException or TimeoutException or SocketException)
        {
            throw new SettingsException($"  - the schema cannot be brought up to date: {Explain(failure)}");
        }
    }

    /// <inheritdoc/>
    public override string Explain(Exception failure) => PostgresFailures.Explain(Where, failure);

    /// <summary>Closes each open connection, at once or when it is returned; the next caller opens another.</summary>
    internal void LeaveSessions()
    {
        Interlocked.Exchange(ref cleared, Clock.GetTimestamp());
        source.Clear();
    }

    internal override void Notice(Exception failure)
    {
        var last = Interlocked.Read(ref cleared);
        // Many calls fail at once: only the first one clears the sessions.
        if (PostgresFailures.SpoilsSessions(failure) && (last is 0 || Clock.GetElapsedTime(last) >= BetweenClears))
            LeaveSessions();
    }

    internal override bool IsLostConnection(Exception failure) => PostgresFailures.IsLostConnection(failure);

    /// <remarks>
    /// A session that began while the server was a standby, or was set to be read-only, stays read-only, and is abandoned.
    /// </remarks>
    protected override async Task<string?> WhyNoWrites()
    {
        await using var connection = await source.OpenConnectionAsync();
        await using var command = connection.CreateCommand();
        command.CommandText = "SELECT current_setting('transaction_read_only') = 'off', clock_timestamp() FROM OrleansQuery LIMIT 1";
        var asked = Clock.GetTimestamp();
        var (takesWrites, time) = (await command.Rows(row => (row.GetBoolean(0), row.GetFieldValue<DateTimeOffset>(1)),
            CancellationToken.None))[0];
        Note(asked, time);
        if (takesWrites)
            return null;
        LeaveSessions();
        return $"{Where} {PostgresFailures.ReadOnly}";
    }

    /// <inheritdoc/>
    public override ValueTask DisposeAsync() => source.DisposeAsync();

    private async Task<NpgsqlConnection> FirstConnection(CancellationToken cancel)
    {
        var start = Clock.GetTimestamp();
        while (true)
        {
            try
            {
                return await source.OpenConnectionAsync(cancel);
            }
            catch (Exception failure) when (failure is DbException or TimeoutException or SocketException)
            {
                if (!PostgresFailures.MayPass(failure))
                    throw new SettingsException($"  - {Explain(failure)}");
                if (Clock.GetElapsedTime(start) >= Patience)
                    throw new SettingsException($"  - {Explain(failure)}; gave up after {Patience.TotalSeconds:0} s");
            }

            await Task.Delay(BetweenAttempts, Clock, cancel);
        }
    }
}
