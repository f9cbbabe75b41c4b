using Couch.Bench.Rows;

namespace Couch.Bench.Processes;

/// <summary>A couch that runs on a store that was filled before.</summary>
internal sealed record FilledCouch(ServerProcess Server, Population Population);
