using Couch.Cli.CommandLine;
using Couch.Cli.Terminal;

return await CouchCommand.Run(args, Surroundings.OfThisProcess());
