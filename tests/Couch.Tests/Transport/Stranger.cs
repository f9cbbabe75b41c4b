using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using Couch.Cluster.Guests;
using Couch.Cluster.Storage;
using Couch.Cluster.Transport;
using Couch.Domain.Capabilities;
using Couch.Domain.Guests;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orleans.Configuration;
using Orleans.Connections.Security;

namespace Couch.Tests.Transport;

/// <summary>Somebody with Orleans and a way to a port, who tries to end a guest as a client, or to be heard as a silo.</summary>
/// <param name="tls">How it encrypts; null: not at all.</param>
internal sealed class Stranger(Action<TlsOptions>? tls)
{
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(20);

    /// <summary>Speaks as Orleans does by itself.</summary>
    public static Stranger Plain => new(null);

    /// <summary>Accepts everybody, and shows no certificate.</summary>
    public static Stranger WithoutCertificate => new(options =>
    {
        options.RemoteCertificateMode = RemoteCertificateMode.AllowCertificate;
        options.ClientCertificateMode = RemoteCertificateMode.NoCertificate;
        options.AllowAnyRemoteCertificate();
        options.OnAuthenticateAsClient = (_, client) => client.TargetHost = "couch-node";
    });

    /// <summary>Does all that a process of the couch does, with <paramref name="keys"/>, and accepts everybody.</summary>
    public static Stranger With(SigningKeys keys) => new(options =>
    {
        var own = new NodeIdentity(keys).Tls();
        options.LocalCertificate = own.LocalCertificate;
        options.ClientCertificateMode = own.ClientCertificateMode;
        options.OnAuthenticateAsServer = own.OnAuthenticateAsServer;
        options.OnAuthenticateAsClient = own.OnAuthenticateAsClient;
        options.AllowAnyRemoteCertificate();
    });

    /// <summary>Null where the guest was ended through the gateway port; else what came in the way.</summary>
    public async Task<Exception?> KillAsClient(int gatewayPort, GuestId guest)
    {
        using var host = Host(builder => builder.UseOrleansClient(client =>
        {
            client.UseStaticClustering(new IPEndPoint(IPAddress.Loopback, gatewayPort));
            client.Configure<ClusterOptions>(Name);
            if (tls is not null)
                client.UseTls(tls);
        }));
        return await WhatComesInTheWay(async () =>
        {
            await host.StartAsync();
            await host.Services.GetRequiredService<IClusterClient>().GetGrain<IGuestGrain>(guest.Value).Kill();
        });
    }

    /// <summary>
    /// How many bytes it is told at a silo port before the connection ends. Silos greet each other at once, so none means that it is no
    /// silo to the other side.
    /// </summary>
    public async Task<int> HearsAsSilo(int siloPort)
    {
        using var bound = new CancellationTokenSource(Bound);
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(IPAddress.Loopback, siloPort, bound.Token);
        try
        {
            await using var stream = new NetworkStream(socket);
            if (tls is null)
                return await stream.ReadAsync(new byte[1], bound.Token);

            await using var encrypted = new SslStream(stream);
            await encrypted.AuthenticateAsClientAsync(AsClient(), bound.Token);
            return await encrypted.ReadAsync(new byte[1], bound.Token);
        }
        catch (Exception refused) when (refused is IOException or AuthenticationException)
        {
            return 0;
        }
    }

    private SslClientAuthenticationOptions AsClient()
    {
        var options = new TlsOptions();
        tls!(options);
        var client = new TlsClientAuthenticationOptions();
        options.OnAuthenticateAsClient!(null!, client);
        var ssl = (SslClientAuthenticationOptions)client.SslClientAuthenticationOptions;
        ssl.RemoteCertificateValidationCallback = (_, shown, _, _) => shown is not null;
        return ssl;
    }

    private static IHost Host(Action<HostApplicationBuilder> configure)
    {
        var builder = Microsoft.Extensions.Hosting.Host.CreateEmptyApplicationBuilder(new());
        builder.Logging.SetMinimumLevel(LogLevel.None);
        configure(builder);
        return builder.Build();
    }

    private static void Name(ClusterOptions cluster) => (cluster.ServiceId, cluster.ClusterId) = (GrainKinds.Service, "couch");

    private static async Task<Exception?> WhatComesInTheWay(Func<Task> attempt)
    {
        try
        {
            await attempt().WaitAsync(Bound);
            return null;
        }
        catch (Exception failure) when (failure is not Xunit.Sdk.IAssertionException)
        {
            return failure;
        }
    }
}
