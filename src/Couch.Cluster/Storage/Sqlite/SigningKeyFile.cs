using System.Security.Cryptography;
using Couch.Cluster.Configuration;
using Couch.Domain.Capabilities;

namespace Couch.Cluster.Storage.Sqlite;

/// <summary>
/// The signing key of a single node: made once, kept in its data folder, readable by its owner alone. A user who can read it can
/// make codes and tokens; if it is lost, all that have been issued are worthless.
/// </summary>
internal static class SigningKeyFile
{
    private const string Name = "signing.key";

    /// <exception cref="SettingsException">The file exists but holds no key. A new one is never made in its place.</exception>
    public static SigningKeys ReadOrMake(DataFolder folder, RandomNumberGenerator random) =>
        FolderFailures.ToSettings(folder.FullPath, () =>
    {
        var file = Path.Combine(folder.FullPath, Name);
        if (!File.Exists(file))
        {
            var key = new byte[SigningKeys.LeastKeyBytes];
            random.GetBytes(key);
            DataFolder.WriteWhole(file, Convert.ToBase64String(key) + "\n");
        }

        return SigningKeys.TryParse(File.ReadAllText(folder.OwnFile(Name)).Trim(), out var keys, out var why)
            ? keys
            : throw new SettingsException(
                $"  - the signing key in {file} is damaged: {why}. Restore the file from a backup, or remove it to have a new key made: " +
                "every code and token given out so far is then worthless");
    });
}
