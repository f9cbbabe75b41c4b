using Couch.Cluster.Configuration;
using Couch.Cluster.Storage.Sqlite;
using Couch.Domain.Invites;
using Couch.Tests.Support;
using Xunit;

namespace Couch.Tests.Storage;

public sealed class SigningKeyFileTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    private string KeyFile => Path.Combine(folder["data"], "signing.key");

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task A_node_makes_its_key_once_and_keeps_it()
    {
        var id = InviteId.New(Some.Time, Some.Random);
        string code;
        await using (var first = SqliteDatabase.Open(folder["data"]))
            code = first.SigningKeys(Some.Random).Sign(id).Reveal();

        await using var second = SqliteDatabase.Open(folder["data"]);

        Assert.True(second.SigningKeys(Some.Random).TryVerifyCode(code, out var verified));
        Assert.Equal(id, verified);
        Assert.Equal(
            32, Convert.FromBase64String((await File.ReadAllTextAsync(KeyFile, TestContext.Current.CancellationToken)).Trim()).Length);
    }

    [Theory]
    [InlineData("")]
    [InlineData("not base64!")]
    [InlineData("c2hvcnQ=")]
    public async Task A_damaged_key_is_refused_and_left_as_it_is(string damaged)
    {
        await using var database = SqliteDatabase.Open(folder["data"]);
        await File.WriteAllTextAsync(KeyFile, damaged, TestContext.Current.CancellationToken);

        var refusal = Assert.Throws<SettingsException>(() => database.SigningKeys(Some.Random));

        Assert.Contains($"the signing key in {KeyFile} is damaged", refusal.Message, StringComparison.Ordinal);
        Assert.Equal(damaged, await File.ReadAllTextAsync(KeyFile, TestContext.Current.CancellationToken));
    }
}
