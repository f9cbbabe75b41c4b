using System.Runtime.Versioning;
using Couch.Cluster.Configuration;
using Couch.Cluster.Storage;
using Couch.Cluster.Storage.Sqlite;
using Couch.Tests.Support;
using Xunit;

namespace Couch.Tests.Storage;

public sealed class DataFolderTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task A_second_holder_is_refused_and_told_who_holds_it()
    {
        await using var first = SqliteDatabase.Open(folder["data"]);

        var refusal = Assert.Throws<SettingsException>(() => SqliteDatabase.Open(folder["data"]));

        Assert.Contains(
            $"process {Environment.ProcessId} on {Environment.MachineName} since 20", refusal.Message, StringComparison.Ordinal);
        Assert.Contains(folder["data"], refusal.Message, StringComparison.Ordinal);
        Assert.Contains("COUCH_DATA_DIR", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Of_six_that_start_at_once_one_holds_the_folder()
    {
        var opened = await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => Task.Run(() =>
        {
            try
            {
                return SqliteDatabase.Open(folder["data"]);
            }
            catch (SettingsException)
            {
                return null;
            }
        })));

        var holder = Assert.Single(opened, database => database is not null)!;
        await holder.Upgrade(TestContext.Current.CancellationToken);
        await holder.DisposeAsync();
    }

    [Fact]
    public async Task A_folder_that_was_let_go_opens_again_with_what_was_in_it()
    {
        await using (var first = SqliteDatabase.Open(folder["data"]))
        {
            await first.Upgrade(TestContext.Current.CancellationToken);
            await first.Put(GrainKinds.Invite, "one", Some.Invite());
        }

        await using var second = SqliteDatabase.Open(folder["data"]);
        await second.Upgrade(TestContext.Current.CancellationToken);

        Assert.Equal(["one"], await second.Rows("SELECT id FROM grain_state"));
    }

    [Fact]
    [UnsupportedOSPlatform("windows")]
    public async Task Everything_in_the_folder_is_its_owners_alone()
    {
        await using var database = SqliteDatabase.Open(folder["data"]);
        await database.Upgrade(TestContext.Current.CancellationToken);
        await database.Put(GrainKinds.Invite, "one", Some.Invite());
        database.SigningKeys(Some.Random);

        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(folder["data"]));
        var files = Directory.GetFiles(folder["data"]);
        Assert.Equal(
            ["couch.db", "couch.db-shm", "couch.db-wal", "couch.holder", "couch.lock", "signing.key"],
            files.Select(Path.GetFileName).Order(StringComparer.Ordinal));
        Assert.All(files, file => Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file)));
    }

    [Fact]
    public void A_file_in_place_of_the_folder_is_a_clear_refusal()
    {
        File.WriteAllText(folder["data"], "");

        var refusal = Assert.Throws<SettingsException>(() => SqliteDatabase.Open(folder["data"]));

        Assert.Contains($"{folder["data"]} is a file", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_that_is_no_database_is_a_clear_refusal()
    {
        Directory.CreateDirectory(folder["data"]);
        await File.WriteAllTextAsync(
            Path.Combine(folder["data"], "couch.db"), new string('x', 4096), TestContext.Current.CancellationToken);
        await using var database = SqliteDatabase.Open(folder["data"]);

        var refusal = await Assert.ThrowsAsync<SettingsException>(() => database.Upgrade(TestContext.Current.CancellationToken));

        Assert.Contains("is damaged", refusal.Message, StringComparison.Ordinal);
    }
}
