using System.Globalization;
using Npgsql;

namespace Couch.Bench.Processes;

/// <summary>The processes of the PostgreSQL server behind a couch, all of its databases together. It runs on this machine.</summary>
internal sealed class PostgresServer
{
    // What /proc counts in, on every Linux that .NET runs on.
    private const int TicksPerSecond = 100;

    private readonly int postmaster;

    private PostgresServer(int postmaster) => this.postmaster = postmaster;

    public static async Task<PostgresServer> Behind(string connectionString)
    {
        await using var source = NpgsqlDataSource.Create(
            new NpgsqlConnectionStringBuilder(connectionString) { Pooling = false }.ConnectionString);
        await using var connection = await source.OpenConnectionAsync();
        return new(Stat(connection.ProcessID)!.Value.Parent);
    }

    /// <summary>The processor time it has taken so far: the server's, its workers', and that of workers which have ended.</summary>
    public TimeSpan Processor()
    {
        var server = Stat(postmaster)!.Value;
        var workers = Directory.EnumerateDirectories("/proc")
            .Select(folder => int.TryParse(Path.GetFileName(folder), CultureInfo.InvariantCulture, out var pid) ? Stat(pid) : null)
            .Where(process => process?.Parent == postmaster);
        return TimeSpan.FromSeconds((server.Own + server.Ended + workers.Sum(worker => worker!.Value.Own)) / (double)TicksPerSecond);
    }

    /// <summary>Null where there is no such process any more.</summary>
    private static (int Parent, long Own, long Ended)? Stat(int pid)
    {
        try
        {
            // The name may have spaces in it; what follows its bracket has none. See proc(5).
            var text = File.ReadAllText($"/proc/{pid.ToString(CultureInfo.InvariantCulture)}/stat");
            var fields = text[(text.LastIndexOf(')') + 2)..].Split(' ');
            long Number(int index) => long.Parse(fields[index], CultureInfo.InvariantCulture);
            return ((int)Number(1), Number(11) + Number(12), Number(13) + Number(14));
        }
        catch (IOException)
        {
            return null;
        }
    }
}
