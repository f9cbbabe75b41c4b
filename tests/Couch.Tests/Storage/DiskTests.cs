using Couch.Cluster.Configuration;
using Couch.Cluster.Storage;
using Couch.Cluster.Storage.Sqlite;
using Couch.Domain.Invites;
using Couch.Tests.Support;
using Microsoft.Data.Sqlite;
using Xunit;

namespace Couch.Tests.Storage;

/// <summary>What a real disk does to a single node, and what its operator is told.</summary>
public sealed class DiskTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_node_does_not_start_on_a_full_disk()
    {
        using var disk = new TemporaryDisk(kilobytes: 256);
        disk.Fill();

        var refusal = await Assert.ThrowsAsync<SettingsException>(() => OpenAndUpgrade(disk));

        Assert.Contains($"the disk is full: no room left in the data folder {disk.Path}", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_node_does_not_start_on_a_read_only_disk()
    {
        using var disk = new TemporaryDisk(kilobytes: 1024);
        disk.MakeReadOnly();

        var refusal = await Assert.ThrowsAsync<SettingsException>(() => OpenAndUpgrade(disk));

        Assert.Contains($"the data folder {disk.Path}/data is read-only", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_disk_that_fills_up_is_told_and_room_heals_it()
    {
        using var disk = new TemporaryDisk(kilobytes: 4096);
        await using var database = await OpenAndUpgrade(disk);
        disk.Fill();

        var failure = await Assert.ThrowsAsync<StorageUnavailableException>(() => PutMany(database));
        Assert.StartsWith("the disk is full", failure.Message, StringComparison.Ordinal);
        Assert.StartsWith("the disk is full", await database.WhyNotReady(Cancel), StringComparison.Ordinal);

        disk.MakeRoom();
        Assert.Null(await database.WhyNotReady(Cancel));
        await PutMany(database);
    }

    [Fact]
    public async Task Of_many_who_write_at_once_to_a_full_disk_those_are_written_who_were_told_so()
    {
        using var disk = new TemporaryDisk(kilobytes: 4096);
        await using var database = await OpenAndUpgrade(disk);
        disk.Fill();

        var invites = Enumerable.Range(0, 100).Select(_ => Some.Invite()).ToList();
        var told = await Task.WhenAll(invites.Select(invite => Task.Run(() => IsWritten(database, invite))));

        Assert.Contains(false, told);
        disk.MakeRoom();
        var stored = await database.Rows("SELECT id FROM grain_state ORDER BY id");
        Assert.Equal(invites.Zip(told).Where(pair => pair.Second).Select(pair => pair.First.Id.Value).Order(), stored);
        Assert.True(await IsWritten(database, Some.Invite()));
    }

    [Fact]
    public async Task A_disk_that_turns_read_only_is_told()
    {
        using var disk = new TemporaryDisk(kilobytes: 4096);
        var data = Path.Combine(disk.Path, "data");
        await using (await OpenAndUpgrade(disk)) { }
        disk.MakeReadOnly();

        var refusal = Assert.Throws<SettingsException>(() => SqliteDatabase.Open(data));

        Assert.Contains("is read-only", refusal.Message, StringComparison.Ordinal);
    }

    private static async Task<SqliteDatabase> OpenAndUpgrade(TemporaryDisk disk)
    {
        var database = SqliteDatabase.Open(Path.Combine(disk.Path, "data"));
        try
        {
            await database.Upgrade(Cancel);
            return database;
        }
        catch
        {
            await database.DisposeAsync();
            throw;
        }
    }

    private static async Task<bool> IsWritten(SqliteDatabase database, Invite invite)
    {
        try
        {
            await database.Put(GrainKinds.Invite, invite.Id.Value, invite);
            return true;
        }
        catch (SqliteException)
        {
            return false;
        }
    }

    /// <summary>More than the write-ahead log has room for in what it already has.</summary>
    private static Task<bool> PutMany(SqliteDatabase database) => database.Guard(async () =>
    {
        for (var i = 0; i < 100; i++)
        {
            var invite = Some.Invite();
            await database.Put(GrainKinds.Invite, invite.Id.Value, invite);
        }

        return true;
    });
}
