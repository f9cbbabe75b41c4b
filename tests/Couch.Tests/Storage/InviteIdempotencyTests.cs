using Couch.Cluster.Invites;
using Couch.Cluster.Storage;
using Couch.Domain.Invites;
using Couch.Tests.Support;
using Xunit;

namespace Couch.Tests.Storage;

public abstract class InviteIdempotencyTests(Engine engine)
{
    private readonly InviteIdempotency keys = new(engine.Database);

    [Fact]
    public async Task The_same_key_and_body_stand_for_the_first_id()
    {
        var key = Idempotency.Of(Some.Key(), "body");
        var first = NewId();

        Assert.Equal(Granted(first), await Claim(key, first, Some.Time));
        Assert.Equal(Granted(first), await Claim(key, NewId(), Some.Time.AddHours(23)));
    }

    [Fact]
    public async Task The_same_key_with_another_body_is_reused()
    {
        var key = Some.Key();
        var first = NewId();
        await Claim(Idempotency.Of(key, "body"), first, Some.Time);

        Assert.Equal(new KeyClaim(first, IsOfThisBody: false), await Claim(Idempotency.Of(key, "another"), NewId(), Some.Time));
    }

    [Fact]
    public async Task All_that_claim_a_key_at_once_are_given_one_id()
    {
        var key = Idempotency.Of(Some.Key(), "body");

        var claims = await Task.WhenAll(Enumerable.Range(0, 24).Select(_ => Task.Run(() => Claim(key, NewId(), Some.Time))));

        Assert.True(Assert.Single(claims.Distinct()).IsOfThisBody);
    }

    [Fact]
    public async Task A_key_can_be_taken_over_after_a_day()
    {
        var key = Some.Key();
        await Claim(Idempotency.Of(key, "body"), NewId(), Some.Time);
        var second = NewId();

        Assert.Equal(Granted(second), await Claim(Idempotency.Of(key, "another"), second, Some.Time.AddHours(24)));
        Assert.Equal(
            new KeyClaim(second, IsOfThisBody: false), await Claim(Idempotency.Of(key, "body"), NewId(), Some.Time.AddHours(47)));
    }

    [Fact]
    public async Task Keys_are_purged_after_a_day_and_not_before()
    {
        await using var database = await engine.OpenEmpty();
        await database.Upgrade(TestContext.Current.CancellationToken);
        var here = new InviteIdempotency(database);
        await here.Claim(Idempotency.Of("old", "body"), NewId(), Some.Time, TestContext.Current.CancellationToken);
        await here.Claim(Idempotency.Of("young", "body"), NewId(), Some.Time.AddHours(1), TestContext.Current.CancellationToken);

        await here.Purge(Some.Time.AddHours(24), TestContext.Current.CancellationToken);

        var left = await database.Rows("SELECT key_hash FROM invite_key");
        Assert.Equal(Idempotency.Of("young").KeyHash, Assert.Single(left));
    }

    private static InviteId NewId() => InviteId.New(Some.Time, Some.Random);

    private static KeyClaim Granted(InviteId id) => new(id, IsOfThisBody: true);

    private Task<KeyClaim> Claim(Idempotency key, InviteId fresh, DateTimeOffset now) =>
        keys.Claim(key, fresh, now, TestContext.Current.CancellationToken);
}

public sealed class InviteKeysOnPostgres(PostgresEngine engine) : InviteIdempotencyTests(engine), IClassFixture<PostgresEngine>;

public sealed class InviteKeysOnSqlite(SqliteEngine engine) : InviteIdempotencyTests(engine), IClassFixture<SqliteEngine>;
