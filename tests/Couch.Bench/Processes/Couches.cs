using System.Globalization;
using System.Security.Cryptography;
using Couch.Bench.Stores;
using Couch.Domain.Capabilities;

namespace Couch.Bench.Processes;

/// <summary>Couches that share a signing key, so that codes and tokens can be made here.</summary>
/// <param name="folder">Where their output goes.</param>
internal sealed class Couches(string folder)
{
    private readonly string key = Convert.ToBase64String(RandomNumberGenerator.GetBytes(SigningKeys.LeastKeyBytes));
    private int started;

    public string Folder => folder;

    public SigningKeys Keys => SigningKeys.TryParse(key, out var keys, out var why) ? keys : throw new FormatException(why);

    /// <param name="more">Settings beside those that every couch here has.</param>
    public Task<ServerProcess> Start(Store store, IReadOnlyDictionary<string, string>? more = null) => ServerProcess.Start(
        Path.Combine(folder, $"couch-{++started}.log"), "/health/ready", "Couch.Gateway.dll",
        new Dictionary<string, string>(store.Environment.Concat(more ?? new Dictionary<string, string>()))
        {
            ["COUCH_SIGNING_KEY"] = key,
            ["COUCH_SILO_PORT"] = Port(),
            // A limit by client address would measure itself: all load comes from one.
            ["COUCH_REDEEMS_PER_MINUTE"] = "0",
            ["COUCH_STATUS_PER_MINUTE"] = "0",
        });

    private static string Port() => ServerProcess.FreePort().ToString(CultureInfo.InvariantCulture);
}
