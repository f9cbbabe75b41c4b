namespace Couch.Cluster.Storage.Postgres;

/// <summary>
/// A row's statement did not begin, because all of this node's connections that it may take were in use: nothing is wrong with the
/// database or the sessions.
/// </summary>
internal sealed class NoTurnException(TimeSpan waited) : TimeoutException($"no turn at the database within {waited.TotalSeconds:0} s");
