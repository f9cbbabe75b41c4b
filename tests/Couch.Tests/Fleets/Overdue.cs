using Couch.Domain.Text;
using Npgsql;

namespace Couch.Tests.Fleets;

/// <summary>Looks into the table all the while, for guests that are past their time and not yet recorded as ended.</summary>
internal sealed class Overdue(string database)
{
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(500);
    private static readonly TimeProvider Clock = TimeProvider.System;

    /// <summary>The longest that a guest was seen to be late.</summary>
    public TimeSpan Longest { get; private set; }

    public async Task Watch(CancellationToken until)
    {
        while (!until.IsCancellationRequested)
        {
            try
            {
                var late = await Now();
                Longest = late > Longest ? late : Longest;
                await Task.Delay(Look, Clock, until);
            }
            catch (Exception failure) when (failure is NpgsqlException or OperationCanceledException)
            {
                // The database is being restarted, or nobody wants to know any more.
            }
        }
    }

    /// <summary>How late the latest is; zero where none is.</summary>
    public async Task<TimeSpan> Now()
    {
        await using var connection = new NpgsqlConnection(database + ";Pooling=false");
        await connection.OpenAsync();
        var now = Clock.Now();
        await using var command = new NpgsqlCommand(
            $"SELECT min(open_until) FROM grain_state WHERE kind = 'guest' AND open_until <= '{now.ToIso()}'", connection);
        return await command.ExecuteScalarAsync() is string since ? now - Ledger.Time(since) : TimeSpan.Zero;
    }
}
