using Couch.Tests.Support;
using Xunit;

namespace Couch.Tests.Crashes;

/// <summary>deploy/backup.sh of a running couch, and deploy/restore.sh after the worst.</summary>
public abstract class RestoreTests(CrashableCouch home)
{
    [Fact]
    public async Task A_guest_of_before_the_damage_polls_on_after_the_restore()
    {
        using var folder = new TemporaryFolder();
        await using var couch = await home.Start();
        var invite = await couch.Post("/couch/invites", new { createdBy = "noah" });
        var guest = await couch.Post("/couch/redeem", new { code = (string)invite["code"]!, name = "guest-1" });

        await home.BackUp(folder["backup"]);
        Assert.Contains("stop", await home.Restore(folder["backup"], exitCode: 1), StringComparison.Ordinal);
        await couch.KillHard();
        await home.Damage();
        await Until.True(
            async () => await home.TryRestore(folder["backup"]), TimeSpan.FromSeconds(30), "the killed node's connections are gone");
        await couch.StartAgain();

        var status = await couch.Get($"/couch/status?token={guest["authToken"]}");
        Assert.Equal((string?)guest["guestId"], (string?)status["guestId"]);
        await couch.Post("/couch/invites", new { createdBy = "noah" });
    }

    [Fact]
    public async Task A_backup_never_overwrites_another()
    {
        using var folder = new TemporaryFolder();
        await using var couch = await home.Start();
        await home.BackUp(folder["backup"]);

        Assert.Contains("is there already", await home.BackUp(folder["backup"], exitCode: 1), StringComparison.Ordinal);
    }
}

public sealed class SqliteRestoreTests(CrashableSqlite home) : RestoreTests(home), IClassFixture<CrashableSqlite>;

public sealed class PostgresRestoreTests(CrashablePostgres home) : RestoreTests(home), IClassFixture<CrashablePostgres>;
