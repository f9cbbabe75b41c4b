using Couch.Cluster.Keys;
using Couch.Domain.Keys;
using Couch.Domain.Text;
using Couch.Tests.Support;
using Xunit;

namespace Couch.Tests.Cluster;

/// <summary>What was acknowledged of a key is in the table, for whichever node looks.</summary>
public abstract class RevokedKeyTests(TestCouch couch)
{
    [Fact]
    public async Task A_made_and_a_revoked_key_are_found_as_such_at_once_and_after_their_memory_is_gone()
    {
        var key = AKey();
        await couch.HostKey(key.Id).Create(key);
        Assert.Equal(key, await new HostKeys(couch.Database).Find(key.Id, TestCouch.Cancel));

        await couch.HostKey(key.Id).Revoke(Actor.Configured);
        await couch.Forget(couch.HostKey(key.Id));
        var found = await new HostKeys(couch.Database).Find(key.Id, TestCouch.Cancel);
        Assert.Equal((false, Actor.Configured), (found!.IsGood(couch.Clock.Now()), found.RevokedWith));
        // Made once more, as a repeated call would, it stays revoked.
        Assert.Equal(found, await couch.HostKey(key.Id).Create(key));
    }

    [Fact]
    public async Task A_revocation_through_one_memory_is_not_undone_by_another_that_has_not_heard_of_it()
    {
        var key = AKey();
        await couch.HostKey(key.Id).Create(key);
        await using var other = await couch.StartCluster(1);
        var stale = other.Client.GetGrain<IHostKeyGrain>(key.Id.Value);
        Assert.Null((await stale.Create(key)).RevokedAt);

        await couch.HostKey(key.Id).Revoke(Actor.Configured);
        await Assert.ThrowsAnyAsync<Exception>(() => stale.Revoke(Actor.Loopback));
        Assert.Equal(Actor.Configured, (await new HostKeys(couch.Database).Find(key.Id, TestCouch.Cancel))!.RevokedWith);
    }

    [Fact]
    public async Task An_unknown_key_is_neither_found_nor_made_by_revoking_it()
    {
        var id = AKey().Id;
        Assert.Null(await couch.HostKey(id).Revoke(Actor.Configured));
        Assert.Null(await new HostKeys(couch.Database).Find(id, TestCouch.Cancel));
    }

    private HostKey AKey() => new()
    {
        Id = HostKeyId.New(couch.Clock.Now(), Some.Random),
        Name = "a key for tests",
        Scopes = KeyScopes.Of(KeyScope.Meter),
        CreatedWith = Actor.Configured,
    };
}

public sealed class RevokedKeysOnSqlite(SqliteCouch couch) : RevokedKeyTests(couch), IClassFixture<SqliteCouch>;

public sealed class RevokedKeysOnPostgres(PostgresCouch couch) : RevokedKeyTests(couch), IClassFixture<PostgresCouch>;
