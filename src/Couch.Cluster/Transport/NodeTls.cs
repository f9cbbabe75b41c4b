using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Configuration;

namespace Couch.Cluster.Transport;

/// <summary>Puts mutual TLS between a silo and every process that connects to it, on each of its ports and in both directions.</summary>
internal static class NodeTls
{
    /// <summary>
    /// Registers what every process of the couch needs to prove itself; requires that the signing keys are registered.
    /// </summary>
    public static void AddNodeIdentity(this IServiceCollection services)
    {
        services.AddSingleton<NodeIdentity>();
        services.AddSingleton<Refusals>();
        services.AddSingleton<Handshakes>();
        services.AddSingleton<Neighbours>();
    }

    /// <summary>Every connection of this silo: from silos, to silos, and from gateways.</summary>
    public static void UseNodeTls(this ISiloBuilder silo) => silo.Configure<SiloConnectionOptions>(connections =>
    {
        connections.ConfigureSiloInboundConnection(port => port.AcceptProven("silo"));
        connections.ConfigureGatewayInboundConnection(port => port.AcceptProven("gateway"));
        connections.ConfigureSiloOutboundConnection(CallProven);
    });

    /// <summary>Every connection of this gateway to a silo.</summary>
    public static void UseNodeTls(this IClientBuilder client) =>
        client.Configure<ClientConnectionOptions>(connections => connections.ConfigureConnection(CallProven));

    private static void AcceptProven(this IConnectionBuilder connections, string port)
    {
        var handshakes = connections.ApplicationServices.GetRequiredService<Handshakes>();
        connections.Use(next => connection => handshakes.Accept(connection, port, next));
        connections.UseServerTls(connections.ApplicationServices.GetRequiredService<NodeIdentity>().Tls());
        connections.Use(next => connection => handshakes.Proven(connection, next));
    }

    private static void CallProven(IConnectionBuilder connections)
    {
        var handshakes = connections.ApplicationServices.GetRequiredService<Handshakes>();
        connections.Use(next => connection => handshakes.Call(connection, next));
        connections.UseClientTls(connections.ApplicationServices.GetRequiredService<NodeIdentity>().Tls());
        connections.Use(next => connection => handshakes.Proven(connection, next));
    }
}
