using System.Security.Cryptography;
using Couch.Cluster.Storage;
using Couch.Domain.Invites;
using Couch.Domain.Text;

namespace Couch.Cluster.Vms;

/// <summary>
/// This couch's mark on its VMs, made once and kept in its database: two couches on one account never take each other's
/// VMs for leftovers. A database restored from a backup keeps its mark.
/// </summary>
internal sealed class Installation(CouchDatabase database, TimeProvider clock, RandomNumberGenerator random)
{
    private string? id;

    public string Id => id ?? throw new InvalidOperationException("the installation has not been read yet");

    /// <summary>Reads the mark, or makes it: of any number of nodes that start at once, one makes it and all read it.</summary>
    public async Task Load(CancellationToken cancel) => id = await database.Guard(async () =>
    {
        await using var connection = await database.Writes.OpenConnectionAsync(cancel);
        await using var make = connection.CreateCommand();
        make.CommandText = "INSERT INTO installation (service, id) VALUES (@service, @id) ON CONFLICT (service) DO NOTHING";
        make.Add("service", GrainKinds.Service);
        make.Add("id", InviteId.New(clock.Now(), random).Value);
        await make.ExecuteNonQueryAsync(cancel);

        await using var read = connection.CreateCommand();
        read.CommandText = "SELECT id FROM installation WHERE service = @service";
        read.Add("service", GrainKinds.Service);
        return (string)(await read.ExecuteScalarAsync(cancel))!;
    });

    /// <summary>The marks of <see cref="InstallationLease"/>, the newest last; empty when there has never been one.</summary>
    public async Task<string> Marks(CancellationToken cancel) =>
        (await database.Ask("SELECT marks FROM installation WHERE service = @service", [], row => row.GetString(0), cancel))[0];

    /// <returns>
    /// True when they were as <paramref name="before"/>, and are now as <paramref name="after"/>; false when another node was
    /// first.
    /// </returns>
    public async Task<bool> ReplaceMarks(string before, string after, CancellationToken cancel) => await database.Guard(async () =>
    {
        await using var connection = await database.Writes.OpenConnectionAsync(cancel);
        await using var replace = connection.CreateCommand();
        replace.CommandText = "UPDATE installation SET marks = @after WHERE service = @service AND marks = @before";
        replace.Add("service", GrainKinds.Service);
        replace.Add("before", before);
        replace.Add("after", after);
        return await replace.ExecuteNonQueryAsync(cancel) is 1;
    });
}
