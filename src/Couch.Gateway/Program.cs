using Couch.Gateway;
using Couch.Gateway.Connections;
using Couch.Gateway.Health;
using Couch.Gateway.Hosting;

if (args.Contains(HealthCheckCommand.Switch))
    return await HealthCheckCommand.Run(args, Console.Out);
if (ImportCommand.IsAsked(args))
    return await ImportCommand.Run(args, Console.Out, Console.Error);
if (Capacity.WhyNotEnough(OpenFiles.Limit()) is { } reason)
{
    await Console.Error.WriteLineAsync(reason);
    return 1;
}

return await Start.Run(() => CouchGateway.Create(Demo.Read(args)), Console.Out, Console.Error, Terminal.IsInteractive);
