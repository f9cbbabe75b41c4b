using Couch.Gateway;
using Couch.Gateway.Hosting;

return await Start.Run(() => CouchGateway.Create(args), Console.Out, Console.Error);
