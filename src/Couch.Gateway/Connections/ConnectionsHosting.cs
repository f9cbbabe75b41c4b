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
    /// Refuses callers on reserved places that are neither hosts nor health probes. It must run after the caller is identified.
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
