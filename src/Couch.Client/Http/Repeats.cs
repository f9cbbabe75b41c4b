namespace Couch.Client.Http;

/// <summary>When a request may be sent again. The protocol decides it for each operation; see docs/clients.md.</summary>
internal enum Repeats
{
    /// <summary>
    /// Whenever it may succeed later: sent twice it does no more than sent once, and answers alike. Reads, absolute values, and what
    /// carries an idempotency key.
    /// </summary>
    Always,

    /// <summary>Only where it is certain that nothing was done: there was no connection, or the answer is 429.</summary>
    IfNothingWasDone,

    /// <summary>Not at all: the first answer is what is asked for.</summary>
    Never,
}
