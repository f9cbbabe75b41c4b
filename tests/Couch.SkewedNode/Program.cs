using System.Globalization;
using Couch.Gateway;
using Couch.SkewedNode;
using Orleans.Configuration;

// The couch as it is, but for its clock and for the way to it. For tests alone. CLOCK_SKEW says by how many seconds the clock
// goes wrong; SILO_REACHED_AT by which port other silos reach this one: a proxy's, before COUCH_SILO_PORT.
var skew = TimeSpan.FromSeconds(double.Parse(Environment.GetEnvironmentVariable("CLOCK_SKEW") ?? "0", CultureInfo.InvariantCulture));
var reachedAt = Environment.GetEnvironmentVariable("SILO_REACHED_AT");
await using var app = CouchGateway.Create(args, builder =>
{
    builder.Services.AddSingleton<TimeProvider>(new SkewedClock(skew));
    if (reachedAt is not null)
    {
        builder.Services.PostConfigure<EndpointOptions>(endpoint =>
        {
            endpoint.SiloListeningEndpoint = new(endpoint.AdvertisedIPAddress, endpoint.SiloPort);
            endpoint.SiloPort = int.Parse(reachedAt, CultureInfo.InvariantCulture);
        });
    }
});
await app.RunAsync();
