using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using System.Text;
using Couch.Cluster.Storage;
using Couch.Cluster.Storage.Sqlite;
using Couch.Domain.Capabilities;
using Couch.Domain.Guests;
using Couch.Domain.Import;
using Couch.Domain.Invites;
using Couch.Domain.Text;
using Couch.Domain.Vms;

namespace Couch.Cluster.Import;

/// <summary>
/// Takes the original service's rows into the database of a couch, under their own ids. A row that is there is never changed, so that an
/// import that was interrupted, or is run again, brings each row once. No event is written: nothing of it happens here.
/// </summary>
public sealed class OfflineImport : IAsyncDisposable
{
    private readonly CouchDatabase database;
    private readonly SigningKeys keys;
    private readonly string? provider;
    private readonly TimeProvider clock;

    private OfflineImport(CouchDatabase database, SigningKeys keys, string? provider, TimeProvider clock) =>
        (this.database, this.keys, this.provider, this.clock) = (database, keys, provider, clock);

    /// <summary>Opens the couch's database, and brings its schema up to date.</summary>
    /// <exception cref="Configuration.SettingsException">It cannot be used; SQLite cannot while the couch runs.</exception>
    public static async Task<OfflineImport> Into(CouchOptions options, TimeProvider clock, CancellationToken cancel)
    {
        var database = CouchDatabase.Open(options, clock);
        try
        {
            await database.Upgrade(cancel);
            using var chance = RandomNumberGenerator.Create();
            var keys = options.SigningKeys ?? ((SqliteDatabase)database).SigningKeys(chance);
            return new(database, keys, ProviderOf(options), clock);
        }
        catch
        {
            await database.DisposeAsync();
            throw;
        }
    }

    /// <summary>What would become of each row of a couch that has none of them.</summary>
    public static IEnumerable<ImportedRow> Plan(OriginalStore store, CouchOptions options, DateTimeOffset now)
    {
        var guests = Taken(store, ProviderOf(options), now);
        foreach (var guest in guests)
            yield return guest.Row;
        foreach (var (_, row) in TakenInvites(store, guests))
            yield return row;
    }

    /// <summary>Writes each row. An invite comes after its guest, which would otherwise be taken for missing, and brought.</summary>
    /// <exception cref="StorageUnavailableException">The database fails: what has come, stays.</exception>
    public async IAsyncEnumerable<ImportedRow> Bring(OriginalStore store, [EnumeratorCancellation] CancellationToken cancel)
    {
        var now = clock.Now();
        var guests = Taken(store, provider, now);
        foreach (var (guest, row) in guests)
        {
            if (guest is null)
            {
                yield return row;
                continue;
            }

            var isNew = await Insert(GrainKinds.Guest, guest.Id.Value, guest, guest.NextMoment(now, GrainWake.Period), cancel);
            yield return row with { CameBefore = !isNew, New = row.Old is null ? null : keys.Sign(guest.Id).Reveal() };
        }

        foreach (var (invite, row) in TakenInvites(store, guests))
        {
            if (invite is null)
            {
                yield return row;
                continue;
            }

            var isNew = await Insert(GrainKinds.Invite, invite.Id.Value, invite, invite.NextMoment, cancel);
            yield return row with { CameBefore = !isNew, New = row.Old is null ? null : keys.Sign(invite.Id).Reveal() };
        }
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => database.DisposeAsync();

    private static string? ProviderOf(CouchOptions options) => options.Vms switch
    {
        { Vers: not null } => "vers",
        { Docker: not null } => "docker",
        _ => null,
    };

    private static List<(Guest? Guest, ImportedRow Row)> Taken(OriginalStore store, string? provider, DateTimeOffset now) =>
        [.. store.Guests.Select(old => old ?? new()).Select(old => old.Take(provider, now) switch
        {
            ImportOutcome<Guest>.Comes { State: var guest } => (guest, new ImportedRow
            {
                Kind = "guest", Id = old.Id, Status = old.Status, Old = guest.AsOf(now).IsStaying ? old.AuthToken ?? "" : null,
            }),
            ImportOutcome<Guest>.Stays { Why: var why } =>
                ((Guest?)null, new ImportedRow { Kind = "guest", Id = old.Id, Status = old.Status, WhyNot = why }),
            _ => throw new InvalidOperationException(),
        })];

    private static IEnumerable<(Invite? Invite, ImportedRow Row)> TakenInvites(
        OriginalStore store, IEnumerable<(Guest? Guest, ImportedRow Row)> guests)
    {
        // Of each invite one guest at most: the invite says which.
        var coming = guests.Select(one => one.Guest).OfType<Guest>().DistinctBy(guest => guest.Id).ToDictionary(guest => guest.Id.Value);
        foreach (var old in store.Invites.Select(old => old ?? new()))
        {
            var guest = coming.GetValueOrDefault(old.GuestId ?? "");
            yield return old.Take(guest?.InviteId.Value == old.Id ? guest : null) switch
            {
                ImportOutcome<Invite>.Comes { State: var invite } => (invite, new ImportedRow
                {
                    Kind = "invite", Id = old.Id, Status = old.Status, Old = invite.Status is InviteStatus.Active ? old.Code ?? "" : null,
                }),
                ImportOutcome<Invite>.Stays { Why: var why } =>
                    (null, new ImportedRow { Kind = "invite", Id = old.Id, Status = old.Status, WhyNot = why }),
                _ => throw new InvalidOperationException(),
            };
        }
    }

    private Task<bool> Insert<T>(string kind, string id, T state, DateTimeOffset? wakeAt, CancellationToken cancel) where T : class =>
        database.Guard(async () =>
        {
            var wake = wakeAt is { } moment ? new Wake(moment, unchecked((int)GrainId.Create(kind, id).GetUniformHashCode())) : null;
            await using var connection = await database.Writes.OpenConnectionAsync(cancel);
            await using var insert = connection.CreateCommand();
            insert.CommandText = database.InsertRow;
            insert.Add("service", GrainKinds.Service);
            insert.Add("kind", kind);
            insert.Add("id", id);
            insert.Add("state", Encoding.UTF8.GetString(StoredJson.Write(state, unknown: null, wake, events: null)));
            return await insert.Rows(row => row.GetString(0), cancel) is [_];
        });
}
