using System.Globalization;
using Couch.Gateway;
using Couch.SkewedNode;

// The couch as it is, but for the clock: CLOCK_SKEW says by how many seconds that goes wrong. For tests alone.
var skew = TimeSpan.FromSeconds(double.Parse(Environment.GetEnvironmentVariable("CLOCK_SKEW")!, CultureInfo.InvariantCulture));
await using var app = CouchGateway.Create(args, builder => builder.Services.AddSingleton<TimeProvider>(new SkewedClock(skew)));
await app.RunAsync();
