using Couch.Gateway;
using Couch.Gateway.Health;
using Couch.Gateway.Hosting;

return args.Contains(Knock.Switch)
    ? await Knock.Run(args, Console.Out)
    : await Start.Run(() => CouchGateway.Create(args), Console.Out, Console.Error);
