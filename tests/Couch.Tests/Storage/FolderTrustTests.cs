using System.Diagnostics;
using System.Runtime.Versioning;
using Couch.Cluster.Configuration;
using Couch.Cluster.Storage.Sqlite;
using Couch.Tests.Support;
using Xunit;

namespace Couch.Tests.Storage;

/// <summary>A data folder that somebody else could have written to. What is refused names the command that mends it.</summary>
[SupportedOSPlatform("linux")]
public sealed class FolderTrustTests : IDisposable
{
    private const string Stranger = "12345";

    private readonly TemporaryFolder folder = new();

    private string Data => folder["data"];

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task A_folder_of_another_user_is_refused_and_left_as_it_is()
    {
        Directory.CreateDirectory(Data, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        await Run("chown", Stranger, Data);

        var refusal = Refusal();
        Assert.Contains($"{Data} belongs to user {Stranger}, and this process runs as user 0", refusal, StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateFileSystemEntries(Data));
        await IsMendedBy(refusal, $"chown -R 0 {Data}");
    }

    [Theory]
    [InlineData("signing.key")]
    [InlineData("couch.db")]
    [InlineData("couch.db-wal")]
    public async Task A_file_of_another_user_or_that_others_may_write_is_refused(string name)
    {
        await Used();
        var file = Path.Combine(Data, name);
        await IsThere(file);
        await Run("chown", Stranger, file);
        await IsMendedBy(Refusal(), $"chown -R 0 {file}");
        foreach (var (mode, who) in new[] { ("0620", "its group (0)"), ("0602", "others"), ("0666", "its group (0) and others") })
        {
            await IsThere(file);
            await Run("chmod", mode, file);
            var refusal = Refusal();
            Assert.Contains($"{file} (mode {mode}) can be written by {who}", refusal, StringComparison.Ordinal);
            await IsMendedBy(refusal, $"chmod go-w {file}");
        }
    }

    [Theory]
    [InlineData("0770")]
    [InlineData("0702")]
    [InlineData("1777")]
    public async Task A_folder_that_more_than_its_owner_may_write_is_refused(string mode)
    {
        await Used();
        await Run("chmod", mode, Data);
        await IsMendedBy(Refusal(), $"chmod go-w {Data}");
    }

    [Fact]
    public async Task A_folder_that_anybody_could_exchange_is_refused()
    {
        await Used();
        await Run("chmod", "0777", folder.Path);
        await IsMendedBy(Refusal(), $"chmod o-w {folder.Path}");

        // As /tmp is: there one can take away only what is one's own.
        await Run("chmod", "1777", folder.Path);
        await Used();
    }

    [Fact]
    public async Task A_link_is_followed_where_it_is_ones_own_and_what_it_leads_to_is_asked_the_same()
    {
        Directory.CreateDirectory(folder["real"], UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        File.CreateSymbolicLink(Data, "real");
        await Used();

        await Run("chmod", "0770", folder["real"]);
        await IsMendedBy(Refusal(), $"chmod go-w {folder["real"]}");
        await Run("chown", "-h", Stranger, Data);
        await IsMendedBy(Refusal(), $"chown -h 0 {Data}");
    }

    [Fact]
    public async Task Reading_is_not_writing()
    {
        await Used();
        await Run("chmod", "0755", Data);
        await Run("chmod", "0644", Path.Combine(Data, "signing.key"));
        await Used();
    }

    [Fact]
    public async Task A_restored_couch_belongs_to_the_owner_of_its_folder()
    {
        await Used();
        await DeployScript.Run(0, "backup.sh", ["sqlite", Data, folder["backup"]]);
        await Run("chown", "-R", Stranger, Data);
        await DeployScript.Run(0, "restore.sh", ["sqlite", folder["backup"], Data]);

        foreach (var name in new[] { "couch.db", "signing.key" })
            Assert.Equal($"{Stranger} 600", (await Run("stat", "-c", "%u %a", Path.Combine(Data, name))).Trim());
    }

    /// <summary>A couch starts here.</summary>
    private async Task Used()
    {
        await using var database = SqliteDatabase.Open(Data);
        await database.Upgrade(TestContext.Current.CancellationToken);
        database.SigningKeys(Some.Random);
    }

    /// <summary>As a couch that was killed leaves its write-ahead log.</summary>
    private static async Task IsThere(string file)
    {
        if (!File.Exists(file))
            await File.WriteAllTextAsync(file, "", TestContext.Current.CancellationToken);
    }

    private string Refusal() => Assert.Throws<SettingsException>(() => SqliteDatabase.Open(Data)).Message;

    private async Task IsMendedBy(string refusal, string command)
    {
        Assert.EndsWith($": {command}", refusal.TrimEnd(), StringComparison.Ordinal);
        await Run("sh", "-c", command);
        await Used();
    }

    private static async Task<string> Run(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true })!;
        var output = await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.ToEnd();
        Assert.Equal(0, process.ExitCode);
        return output;
    }
}
