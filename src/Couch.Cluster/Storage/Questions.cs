using System.Data.Common;
using Couch.Domain.Guests;
using Couch.Domain.Invites;

namespace Couch.Cluster.Storage;

/// <summary>Queries of the table, and the parsing of their rows. Column values are not validated, and may be anything.</summary>
internal static class Questions
{
    /// <param name="values">The values beside the service, which every query names.</param>
    /// <param name="seconds">The statement's timeout; null: as for any other.</param>
    public static Task<IReadOnlyList<T>> Ask<T>(
        this CouchDatabase database, string query, (string Name, object Value)[] values, Func<DbDataReader, T> read,
        CancellationToken cancel, int? seconds = null) =>
        database.Guard<IReadOnlyList<T>>(async () =>
        {
            await using var connection = await database.Reads.OpenConnectionAsync(cancel);
            await using var command = connection.CreateCommand();
            command.CommandText = query;
            command.CommandTimeout = seconds ?? command.CommandTimeout;
            command.Add("service", GrainKinds.Service);
            foreach (var (name, value) in values)
                command.Add(name, value);
            return await command.Rows(read, cancel);
        });

    /// <summary>Null when the column holds no invite's id.</summary>
    public static InviteId? Invite(this DbDataReader row, int column) =>
        !row.IsDBNull(column) && InviteId.TryParse(row.GetString(column), out var invite) ? invite : null;

    /// <summary>Null when the column holds no guest's id.</summary>
    public static GuestId? Guest(this DbDataReader row, int column) =>
        !row.IsDBNull(column) && GuestId.TryParse(row.GetString(column), out var guest) ? guest : null;
}
