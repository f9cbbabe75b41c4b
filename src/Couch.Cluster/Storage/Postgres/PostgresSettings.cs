using System.Globalization;
using Npgsql;

namespace Couch.Cluster.Storage.Postgres;

/// <summary>Sets what a connection string leaves open, and refuses what it must not set. Values that it does set stay.</summary>
internal static class PostgresSettings
{
    // A dead database must result in an error within a few seconds: callers retry, and a grain's turn is waiting.
    private const int ConnectSeconds = 5;
    private const int CommandSeconds = 6;
    private const int UpgradeSeconds = 120;

    // With fewer, grains, endpoints, housekeeping and Orleans' membership wait for one another.
    private const int LeastConnections = 4;

    // Half a lease: a call that hangs must be abandoned early enough for another try.
    private const int LeaseSeconds = 2;

    // The driver's value for closing at once, in place of a wait in milliseconds.
    private const int CloseAtOnce = -1;

    // How long a server that was found to be down, or to be a standby, is not asked again.
    private const int RecheckSeconds = 2;

    // All statements of a node, Orleans' and ours, some of them with parameters of two types.
    private const int PreparedStatements = 64;

    public static string? WhyUnusable(string connectionString)
    {
        if (connectionString.StartsWith("postgres://", StringComparison.Ordinal)
            || connectionString.StartsWith("postgresql://", StringComparison.Ordinal))
            return "must be written as Host=…;Port=…;Database=…;Username=…;Password=…, not as a URL";
        try
        {
            // The driver's own message may quote the value it could not read, so it is not passed on.
            var settings = new NpgsqlConnectionStringBuilder(connectionString);
            return string.IsNullOrWhiteSpace(settings.Host)
                ? "names no Host; it must be written as Host=…;Port=…;Database=…;Username=…;Password=…"
                : WhyUnusable(settings);
        }
        catch (Exception failure)
            when (failure is ArgumentException or FormatException or OverflowException or InvalidCastException or KeyNotFoundException)
        {
            return "is not a PostgreSQL connection string; it must be written as Host=…;Port=…;Database=…;Username=…;Password=…";
        }
    }

    private static string? WhyUnusable(NpgsqlConnectionStringBuilder settings)
    {
        var says = settings.Keys.ToHashSet(StringComparer.OrdinalIgnoreCase);
        if (says.Contains("Maximum Pool Size") && settings.MaxPoolSize < LeastConnections)
            return $"has Maximum Pool Size={settings.MaxPoolSize}, and a node needs at least {LeastConnections} connections; leave it out, "
                + "and set COUCH_DB_CONNECTIONS";
        if (says.Contains("Maximum Pool Size") && settings.MaxPoolSize < settings.MinPoolSize)
            return $"has Maximum Pool Size={settings.MaxPoolSize}, which is less than its Minimum Pool Size={settings.MinPoolSize}";
        if (says.Contains("Target Session Attributes") && !settings.Host!.Contains(',', StringComparison.Ordinal))
            return "has Target Session Attributes, which choose among several hosts, and names one: leave them out";
        try
        {
            new NpgsqlDataSourceBuilder(Complete(settings.ConnectionString, LeastConnections).ConnectionString).Build().Dispose();
            return null;
        }
        catch (Exception failure) when (failure is ArgumentException or NotSupportedException or InvalidOperationException)
        {
            return "has options that contradict each other";
        }
    }

    public static NpgsqlConnectionStringBuilder Complete(string connectionString, int connections)
    {
        var settings = new NpgsqlConnectionStringBuilder(connectionString);
        var said = settings.Keys.ToHashSet(StringComparer.OrdinalIgnoreCase);
        void Unless(string key, object value)
        {
            if (!said.Contains(key)) settings[key] = value;
        }

        Unless("Maximum Pool Size", Math.Max(connections, settings.MinPoolSize));
        Unless("Max Auto Prepare", PreparedStatements);
        Unless("Auto Prepare Min Usages", 2);
        // No statement leaves state on its connection, and a reset after each one costs the server several more statements.
        Unless("No Reset On Close", true);
        Unless("Timeout", ConnectSeconds);
        Unless("Command Timeout", CommandSeconds);
        // A statement that times out is cancelled at the server, and its connection is closed. Otherwise the driver would reuse the
        // connection, and a late cancel would end the next statement on it, or leave an answer that belongs to no statement.
        Unless("Cancellation Timeout", CloseAtOnce);
        Unless("Application Name", "couch");
        if (settings.Host!.Contains(',', StringComparison.Ordinal))
        {
            // Only one of several servers accepts writes, and after a failover it is another one.
            Unless("Target Session Attributes", "read-write");
            Unless("Host Recheck Seconds", RecheckSeconds);
        }

        return settings;
    }

    /// <summary>
    /// The same database, for changes of its schema: a commit may wait for a busy disk, where a caller's statement would time out.
    /// </summary>
    public static NpgsqlConnectionStringBuilder ForUpgrade(NpgsqlConnectionStringBuilder complete) => new(complete.ConnectionString)
    {
        MinPoolSize = 0,
        MaxPoolSize = 2,
        CommandTimeout = UpgradeSeconds,
    };

    /// <summary>The same database, by one connection with short timeouts, whatever the connection string says.</summary>
    public static NpgsqlConnectionStringBuilder ForLease(NpgsqlConnectionStringBuilder complete) => new(complete.ConnectionString)
    {
        MinPoolSize = 0,
        MaxPoolSize = 1,
        Timeout = LeaseSeconds,
        CommandTimeout = LeaseSeconds,
        CancellationTimeout = CloseAtOnce,
    };

    public static string Where(NpgsqlConnectionStringBuilder settings)
    {
        var hosts = settings.Host!.Split(',', StringSplitOptions.TrimEntries).Select(host =>
            host.Contains(':', StringComparison.Ordinal) ? host : string.Create(CultureInfo.InvariantCulture, $"{host}:{settings.Port}"));
        return $"PostgreSQL at {string.Join(',', hosts)}{(settings.Database is { } database ? "/" + database : "")}";
    }
}
