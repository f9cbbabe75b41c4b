using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using System.Text;
using Couch.Cluster.Storage;
using Couch.Cluster.Storage.Sqlite;
using Couch.Domain.Capabilities;
using Couch.Domain.Guests;
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
    private readonly CouchOptions options;
    private readonly TimeProvider clock;

    private OfflineImport(CouchDatabase database, SigningKeys keys, CouchOptions options, TimeProvider clock) =>
        (this.database, this.keys, this.options, this.clock) = (database, keys, options, clock);

    /// <summary>Opens the couch's database, and brings its schema up to date.</summary>
    /// <exception cref="Configuration.SettingsException">It cannot be used; SQLite cannot while the couch runs.</exception>
    public static async Task<OfflineImport> Into(CouchOptions options, TimeProvider clock, CancellationToken cancel)
    {
        var database = CouchDatabase.Open(options, clock);
        try
        {
            await database.Upgrade(cancel);
            using var random = RandomNumberGenerator.Create();
            var keys = options.SigningKeys ?? ((SqliteDatabase)database).SigningKeys(random);
            return new(database, keys, options, clock);
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
        var plan = PlanOf(store, options, now);
        var guests = plan.Guests();
        foreach (var guest in guests)
            yield return guest.IfAbsent;
        var imported = guests.Where(guest => guest.WhyNotIfAbsent is null).Select(guest => guest.State).OfType<Guest>();
        foreach (var invite in plan.Invites(imported))
            yield return invite.IfAbsent;
    }

    /// <summary>Writes each row. An invite comes after its guest, which would otherwise be taken for missing, and brought.</summary>
    /// <exception cref="StorageUnavailableException">The database fails: what has come, stays.</exception>
    public async IAsyncEnumerable<ImportedRow> Bring(OriginalStore store, [EnumeratorCancellation] CancellationToken cancel)
    {
        var now = clock.Now();
        var plan = PlanOf(store, options, now);
        var there = new List<Guest>();
        foreach (var planned in plan.Guests())
        {
            if (planned.State is not { } guest)
            {
                yield return planned.Row;
                continue;
            }

            var row = await Bring(
                planned, GrainKinds.Guest, guest.Id.Value, guest.NextMoment(now, GrainWake.Period),
                stored => (stored.AsOf(now).Status.Word(), stored.AsOf(now).IsStaying), () => keys.Sign(guest.Id).Reveal(), cancel);
            if (row.WhyNot is null)
                there.Add(guest);
            yield return row;
        }

        foreach (var planned in plan.Invites(there))
        {
            yield return planned.State is not { } invite ? planned.Row : await Bring(
                planned, GrainKinds.Invite, invite.Id.Value, invite.NextMoment,
                stored => (stored.AsOf(now).Status.Word(), stored.AsOf(now).Status is InviteStatus.Active),
                () => keys.Sign(invite.Id).Reveal(), cancel);
        }
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => database.DisposeAsync();

    /// <summary>The VM provider that imported guests get; null where the couch has none.</summary>
    public static string? ProviderOf(CouchOptions options) => options.Vms switch
    {
        { Vers: not null } => "vers",
        { Docker: not null } => "docker",
        _ => null,
    };

    private static ImportPlan PlanOf(OriginalStore store, CouchOptions options, DateTimeOffset now) =>
        new(store, ProviderOf(options), options.Retention.Before(now), now);

    /// <param name="here">The status of the row that is there already, and whether a code or token still opens it.</param>
    private async Task<ImportedRow> Bring<T>(
        PlannedRow<T> planned, string kind, string id, DateTimeOffset? wakeAt, Func<T, (string Status, bool IsOpen)> here,
        Func<string> sign, CancellationToken cancel) where T : class
    {
        if (planned.WhyNotIfAbsent is null && await Insert(kind, id, planned.State!, wakeAt, cancel))
            return planned.Row with { New = planned.Row.Old is null ? null : sign() };
        if (await Find(kind, id, cancel) is not { } text)
            return planned.IfAbsent with { Old = null, WhyNot = planned.WhyNotIfAbsent ?? "it came before, and was purged meanwhile" };

        var (status, isOpen) = StoredJson.TryRead<T>(id, text, out _) is { } stored
            ? here(stored)
            : ("not readable by this version", false);
        var before = planned.Row with { CameBefore = true, StatusHere = status };
        return isOpen && before.Old is not null ? before with { New = sign() } : before with { Old = null };
    }

    private async Task<string?> Find(string kind, string id, CancellationToken cancel) => (await database.Ask(
        "SELECT CAST(state AS TEXT) FROM grain_state WHERE service = @service AND kind = @kind AND id = @id AND state IS NOT NULL",
        [("kind", kind), ("id", id)], row => row.GetString(0), cancel)).SingleOrDefault();

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
