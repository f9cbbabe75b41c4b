using System.Data.Common;
using Couch.Cluster.Storage;
using Couch.Domain.Invites;
using Couch.Domain.Text;

namespace Couch.Cluster.Invites;

/// <summary>The result of claiming an idempotency key.</summary>
/// <param name="InviteId">
/// The invite to which the key belongs, claimed just now or earlier; there may never have been one. Null where the key's row names none.
/// </param>
/// <param name="IsOfThisBody">Whether it was claimed with this body.</param>
public sealed record KeyClaim(InviteId? InviteId, bool IsOfThisBody);

/// <summary>
/// Idempotency keys of invite creations: a row each, written before the invite, with the id that the invite will have. The second
/// caller, on any node, gets the first one's id, so that the creation is idempotent. Which body the key stands for is decided by the write
/// of the invite: a key whose invite was never made stands for none yet.
/// </summary>
public sealed class InviteIdempotency(CouchDatabase database)
{
    /// <summary>Claims the key for <paramref name="fresh"/>, or finds the invite for which it was claimed.</summary>
    public Task<KeyClaim> Claim(Idempotency key, InviteId fresh, DateTimeOffset now, CancellationToken cancel) =>
        database.Guard(async () =>
        {
            await using var connection = await database.Writes.OpenConnectionAsync(cancel);
            // A row that was purged between the two statements is claimed at the second try.
            while (true)
            {
                if (await Insert(connection, key, fresh, now, cancel))
                    return new KeyClaim(fresh, IsOfThisBody: true);
                if (await Look(connection, key, now, cancel) is { } first)
                    return first;
            }
        });

    /// <summary>Deletes keys that are older than a day.</summary>
    public Task Purge(DateTimeOffset now, CancellationToken cancel) =>
        database.Guard(async () =>
        {
            await using var connection = await database.Writes.OpenConnectionAsync(cancel);
            await using var purge = connection.CreateCommand();
            purge.CommandText = "DELETE FROM invite_key WHERE service = @service AND claimed_at <= @forgotten";
            purge.Add("service", GrainKinds.Service);
            purge.Add("forgotten", (now - Idempotency.Remembered).ToIso());
            return await purge.ExecuteNonQueryAsync(cancel);
        });

    private static async Task<bool> Insert(
        DbConnection connection, Idempotency key, InviteId fresh, DateTimeOffset now, CancellationToken cancel)
    {
        await using var claim = connection.CreateCommand();
        // A key older than a day counts as absent: its row is taken over in the same statement.
        claim.CommandText =
            """
            INSERT INTO invite_key (service, key_hash, body_hash, invite_id, claimed_at)
            VALUES (@service, @key, @body, @invite, @now)
            ON CONFLICT (service, key_hash) DO UPDATE
              SET body_hash = excluded.body_hash, invite_id = excluded.invite_id, claimed_at = excluded.claimed_at
              WHERE invite_key.claimed_at <= @forgotten
            RETURNING invite_id
            """;
        Name(claim, key, now);
        claim.Add("body", key.BodyHash);
        claim.Add("invite", fresh.Value);
        claim.Add("now", now.ToIso());
        return await claim.Rows(row => row.GetString(0), cancel) is [_];
    }

    private static async Task<KeyClaim?> Look(DbConnection connection, Idempotency key, DateTimeOffset now, CancellationToken cancel)
    {
        await using var look = connection.CreateCommand();
        look.CommandText =
            "SELECT body_hash, invite_id FROM invite_key WHERE service = @service AND key_hash = @key AND claimed_at > @forgotten";
        Name(look, key, now);
        return await look.Rows(row => (Body: row.GetString(0), Invite: row.GetString(1)), cancel) switch
        {
            [] => null,
            [var (body, invite)] => InviteId.TryParse(invite, out var first)
                ? new KeyClaim(first, body == key.BodyHash)
                : new KeyClaim(null, IsOfThisBody: false),
            _ => throw new InvalidOperationException("two rows have one key"),
        };
    }

    private static void Name(DbCommand command, Idempotency key, DateTimeOffset now)
    {
        command.Add("service", GrainKinds.Service);
        command.Add("key", key.KeyHash);
        command.Add("forgotten", (now - Idempotency.Remembered).ToIso());
    }
}
