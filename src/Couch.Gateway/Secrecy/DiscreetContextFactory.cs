using Couch.Gateway.Connections;
using Couch.Gateway.Console;
using Microsoft.AspNetCore.Http.Features;

namespace Couch.Gateway.Secrecy;

/// <summary>
/// Makes a request's context as the framework does, after removing its secrets, and tells its connection when the request begins and ends.
/// </summary>
internal sealed class DiscreetContextFactory(IServiceProvider services, Redaction redaction) : IHttpContextFactory
{
    private readonly DefaultHttpContextFactory factory = new(services);

    public HttpContext Create(IFeatureCollection featureCollection)
    {
        featureCollection.Get<CountedConnection>()?.Begin();
        QueryCapabilities.TakeFrom(featureCollection);
        ConsoleCookie.TakeFrom(featureCollection);
        redaction.Clean(featureCollection);
        return factory.Create(featureCollection);
    }

    public void Dispose(HttpContext httpContext)
    {
        CountedConnection.Of(httpContext)?.End();
        factory.Dispose(httpContext);
    }
}
