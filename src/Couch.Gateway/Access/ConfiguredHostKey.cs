using System.Security.Cryptography;
using System.Text;
using Couch.Cluster.Configuration;

namespace Couch.Gateway.Access;

/// <summary>The current host key, COUCH_AUTH_TOKEN. It can be exchanged while the couch runs, but not removed.</summary>
internal sealed class ConfiguredHostKey(HttpOptions options) : IRotatingSetting
{
    private volatile Secret? current = Secret.Of(options.HostKey);

    public string Name => HttpOptions.HostKeyName;

    /// <summary>Whether there is one. Without one, only callers on this machine are hosts.</summary>
    public bool IsSet => current is not null;

    /// <summary>The current key's hash, to which the console's sessions of this key are bound; empty where there is no key.</summary>
    public ReadOnlySpan<byte> Hash => current is { } key ? key.Hash : [];

    /// <summary>The keys are compared as hashes, so that neither the time nor the length reveals anything about the key.</summary>
    public bool Is(string presented) => current is { } key && CryptographicOperations.FixedTimeEquals(Secret.HashOf(presented), key.Hash);

    public Task<bool> Renew(Settings settings, CancellationToken cancel)
    {
        var next = Secret.Of(HttpOptions.ReadHostKey(settings));
        if (settings.Errors.Count is 0 && (next is null) != (current is null))
            settings.Wrong(Name, "was set or taken away, which opens or closes the couch to other machines: restart it for that");
        if (next is null || settings.Errors.Count > 0 || Is(next.Text))
            return Task.FromResult(false);
        current = next;
        Exchanged?.Invoke(next.Text);
        return Task.FromResult(true);
    }

    /// <summary>Raised with each new key, so that it is redacted from logs and answers.</summary>
    public event Action<string>? Exchanged;

    private sealed record Secret(string Text, byte[] Hash)
    {
        public static Secret? Of(string? key) => key is null ? null : new(key, HashOf(key));

        public static byte[] HashOf(string key) => SHA256.HashData(Encoding.UTF8.GetBytes(key));

        public override string ToString() => "(redacted)";
    }
}
