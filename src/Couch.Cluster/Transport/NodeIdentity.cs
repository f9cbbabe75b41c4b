using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Couch.Domain.Capabilities;
using Orleans.Connections.Security;

namespace Couch.Cluster.Transport;

/// <summary>
/// The certificate that this process shows to the other processes of the couch, and the check of theirs: it shows a certificate
/// over the node key of its first signing key, and accepts the node keys of all its signing keys. Both sides of each connection do
/// so.
/// </summary>
/// <remarks>
/// A certificate only carries a public key here. Its names and dates are constants that are not checked, so a wrong clock refuses
/// no peer, and it is made in memory: there is nothing to issue, to renew or to store.
/// </remarks>
internal sealed class NodeIdentity : IDisposable
{
    /// <summary>How long a peer may take to prove itself.</summary>
    public static readonly TimeSpan HandshakeBound = TimeSpan.FromSeconds(5);

    private const string Name = "couch-node";
    private static readonly SslApplicationProtocol Protocol = new("Orleans1");
    private static readonly DateTimeOffset From = new(2000, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly DateTimeOffset Until = new(9999, 12, 31, 23, 59, 59, TimeSpan.Zero);

    private readonly SigningKeys keys;
    private readonly Lock renewing = new();
    private volatile Shown shown;

    public NodeIdentity(SigningKeys keys)
    {
        this.keys = keys;
        shown = Make(keys.NodeKeys[0]);
    }

    /// <summary>Over the first signing key that is in force now. Open connections continue.</summary>
    private Shown Current
    {
        get
        {
            var first = keys.NodeKeys[0];
            if (ReferenceEquals(shown.Key, first))
                return shown;
            lock (renewing)
            {
                if (!ReferenceEquals(shown.Key, first))
                    shown = Make(first);
                return shown;
            }
        }
    }

    private static Shown Make(NodeKey first)
    {
        using var key = first.PrivateKey();
        var certificate = new CertificateRequest($"CN={Name}", key, HashAlgorithmName.SHA256).CreateSelfSigned(From, Until);
        return new(first, certificate, SslStreamCertificateContext.Create(certificate, additionalCertificates: null, offline: true));
    }

    /// <summary>
    /// Whether a certificate carries the public key of one of our node keys. That its sender has the private key too,
    /// the handshake has established.
    /// </summary>
    public bool Accepts(X509Certificate2 peers)
    {
        var publicKey = peers.PublicKey.ExportSubjectPublicKeyInfo();
        var matches = false;
        foreach (var key in keys.NodeKeys)
            matches |= key.Matches(publicKey);
        return matches;
    }

    /// <summary>How Orleans makes connections: the same for both sides, and for silos and gateways.</summary>
    public TlsOptions Tls() => new()
    {
        LocalCertificate = Current.Certificate,
        RemoteCertificateMode = RemoteCertificateMode.RequireCertificate,
        ClientCertificateMode = RemoteCertificateMode.RequireCertificate,
        RemoteCertificateValidation = (shown, _, _) => Accepts(shown),
        SslProtocols = SslProtocols.Tls13,
        HandshakeTimeout = HandshakeBound,
        OnAuthenticateAsServer = (_, options) => Configure((SslServerAuthenticationOptions)options.SslServerAuthenticationOptions),
        OnAuthenticateAsClient = (_, options) => Configure((SslClientAuthenticationOptions)options.SslClientAuthenticationOptions),
    };

    /// <summary>For a connection of our own to a silo: what Orleans' connections are made with.</summary>
    public SslClientAuthenticationOptions AsClient()
    {
        var options = new SslClientAuthenticationOptions
        {
            ApplicationProtocols = [Protocol],
            EnabledSslProtocols = SslProtocols.Tls13,
            RemoteCertificateValidationCallback = (_, shown, _, _) => shown is X509Certificate2 certificate && Accepts(certificate),
        };
        Configure(options);
        return options;
    }

    public void Dispose() => shown.Certificate.Dispose();

    private void Configure(SslServerAuthenticationOptions options)
    {
        options.ServerCertificateSelectionCallback = null;
        options.ServerCertificateContext = Current.Context;
        options.CertificateChainPolicy = NoChain();
        // Each connection proves itself anew: a key that was removed opens no connection, not even by resuming an earlier session.
        options.AllowTlsResume = false;
    }

    private void Configure(SslClientAuthenticationOptions options)
    {
        options.TargetHost = Name;
        options.ClientCertificates = null;
        options.ClientCertificateContext = Current.Context;
        options.CertificateChainPolicy = NoChain();
        options.AllowTlsResume = false;
    }

    /// <summary>
    /// A chain is built before the certificate is judged. A stranger's certificate must not make this process fetch what it
    /// names, nor read the system's roots.
    /// </summary>
    private static X509ChainPolicy NoChain() => new()
    {
        TrustMode = X509ChainTrustMode.CustomRootTrust,
        RevocationMode = X509RevocationMode.NoCheck,
        DisableCertificateDownloads = true,
    };

    private sealed record Shown(NodeKey Key, X509Certificate2 Certificate, SslStreamCertificateContext Context);
}
