using System.Runtime.Versioning;
using Couch.Tests.Support;
using Xunit;

namespace Couch.Tests.Deploy;

/// <summary>deploy/secrets.sh, which makes the secrets of docker-compose.yml.</summary>
[UnsupportedOSPlatform("windows")]
public sealed class SecretsScriptTests : IDisposable
{
    private const UnixFileMode Owner = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task Only_the_owner_enters_the_folder_and_a_container_may_read_what_is_mounted_from_it()
    {
        await DeployScript.Run(0, "secrets.sh", [folder.Path]);
        Assert.Equal(Owner | UnixFileMode.UserExecute, File.GetUnixFileMode(folder["secrets"]));
        Assert.Equal(Owner, File.GetUnixFileMode(folder[".env"]));
        Assert.True(File.GetUnixFileMode(folder["secrets/node"]).HasFlag(UnixFileMode.OtherRead | UnixFileMode.OtherExecute));
        Assert.All(
            Directory.GetFiles(folder["secrets"], "*", SearchOption.AllDirectories),
            file => Assert.True(File.GetUnixFileMode(file).HasFlag(UnixFileMode.OtherRead), file));
        Assert.EndsWith($"Password={Secret("postgres-password")}", Secret("node/ConnectionStrings__Couch"), StringComparison.Ordinal);
        Assert.Equal(32, Convert.FromBase64String(Secret("node/COUCH_SIGNING_KEY")).Length);
        Assert.Equal(64, Secret("node/COUCH_AUTH_TOKEN").Length);
    }

    [Fact]
    public async Task Secrets_that_are_there_are_left_as_they_are()
    {
        await DeployScript.Run(0, "secrets.sh", [folder.Path]);
        var before = Secret("node/COUCH_SIGNING_KEY");
        Assert.Contains("is there already", await DeployScript.Run(1, "secrets.sh", [folder.Path]), StringComparison.Ordinal);
        Assert.Equal(before, Secret("node/COUCH_SIGNING_KEY"));
    }

    [Fact]
    public async Task Secrets_of_an_older_env_are_taken_over()
    {
        const string Env = "COUCH_SIGNING_KEY='b2xk,bmV3=='\nPOSTGRES_PASSWORD=old\nVERS_API_KEY=\"of the account\"\nCOUCH_VM_CALLS=8\n";
        File.WriteAllText(folder[".env"], Env);
        var said = await DeployScript.Run(0, "secrets.sh", [folder.Path]);
        Assert.Contains("remove them there", said, StringComparison.Ordinal);
        Assert.Equal("b2xk,bmV3==", Secret("node/COUCH_SIGNING_KEY"));
        Assert.Equal("old", Secret("postgres-password"));
        Assert.Equal("Host=postgres;Username=couch;Database=couch;Password=old", Secret("node/ConnectionStrings__Couch"));
        Assert.Equal("of the account", Secret("node/VERS_API_KEY"));
        Assert.Equal(64, Secret("node/COUCH_AUTH_TOKEN").Length);
        Assert.False(File.Exists(folder["secrets/node/GOLDEN_COMMIT_ID"]));
        Assert.Equal(Env + "\nCOUCH_SECRETS=./secrets\n", File.ReadAllText(folder[".env"]));
    }

    private string Secret(string name) => File.ReadAllText(folder[$"secrets/{name}"]).TrimEnd('\n');
}
