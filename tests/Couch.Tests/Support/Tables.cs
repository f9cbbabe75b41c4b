using System.Text.Json;
using Couch.Cluster.Storage;
using Couch.Domain.Text;
using Xunit;

namespace Couch.Tests.Support;

/// <summary>Reads and fills tables directly, where a test is not about how rows come there.</summary>
internal static class Tables
{
    public static Task Put<T>(this CouchDatabase database, string kind, string id, T state) => database.Rows(
        $"""
        INSERT INTO grain_state (service, kind, id, version, state)
        VALUES ('{GrainKinds.Service}', '{kind}', '{id}', 1, '{JsonSerializer.Serialize(state, CouchJson.Stored).Replace("'", "''", StringComparison.Ordinal)}')
        """);

    public static bool IsPostgres(this CouchDatabase database) => database.Invariant == "Npgsql";

    /// <summary>What is in a row is replaced, as by an older version or by hand.</summary>
    public static Task Replace<T>(this CouchDatabase database, string id, T state) => database.Rows(
        $"""
        UPDATE grain_state SET version = version + 1,
            state = '{JsonSerializer.Serialize(state, CouchJson.Stored).Replace("'", "''", StringComparison.Ordinal)}'
        WHERE id = '{id}'
        """);

    /// <summary>The statement's rows, each as its last column's text.</summary>
    public static async Task<List<string>> Rows(
        this CouchDatabase database, string statement, params (string Name, object Value)[] parameters)
    {
        await using var connection = await database.Writes.OpenConnectionAsync(TestContext.Current.CancellationToken);
        await using var command = connection.CreateCommand();
        command.CommandText = statement;
        foreach (var (name, value) in parameters)
            command.Add(name, value);
        return await command.Rows(row => row.GetValue(row.FieldCount - 1).ToString()!, TestContext.Current.CancellationToken);
    }
}
