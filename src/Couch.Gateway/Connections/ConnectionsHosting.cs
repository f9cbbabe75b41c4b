using Couch.Gateway.Access;
using Couch.Gateway.Health;
using Couch.Gateway.Problems;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Couch.Gateway.Connections;

internal static class ConnectionsHosting
{
    public static void AddPlaces(this IServiceCollection services, Capacity capacity)
    {
        services.AddSingleton(capacity);
        services.AddSingleton<Places>();
        services.AddSingleton<SocketTransportFactory>();
        services.Replace(ServiceDescriptor.Singleton<IConnectionListenerFactory, CountedListeners>());
    }

    /// <summary>
    /// Places that are kept free serve hosts and health: whoever else has come to one is told to come again. Knows who asks.
    /// </summary>
    public static void UseKeptPlaces(this WebApplication app)
    {
        var places = app.Services.GetRequiredService<Places>();
        app.Use((context, next) => places.IsCrowded && IsOutOfPlace(context) ? Refuse(context) : next(context));
    }

    private static bool IsOutOfPlace(HttpContext context) =>
        CountedConnection.Of(context) is { IsOnKeptPlace: true }
        && context.Features.Get<HostCaller>() is null
        && !context.Request.Path.StartsWithSegments(HealthEndpoints.Path);

    private static Task Refuse(HttpContext context)
    {
        context.Response.Headers.Connection = "close";
        return Refusals.Full.ExecuteAsync(context);
    }
}
