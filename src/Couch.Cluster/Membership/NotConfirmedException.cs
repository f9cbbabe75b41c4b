namespace Couch.Cluster.Membership;

/// <summary>
/// The node that was asked cannot confirm that it is still a member, so another may own the grain by now. What was asked may or
/// may not have happened; asking again is safe. The gateway answers 503 with <c>Retry-After</c>.
/// </summary>
[GenerateSerializer, Alias("couch.NotConfirmedException")]
public sealed class NotConfirmedException : Exception
{
    /// <summary>No cause is given; the message is the runtime's default.</summary>
    public NotConfirmedException() { }

    /// <summary><paramref name="message"/> says in a sentence why the node cannot answer.</summary>
    public NotConfirmedException(string message) : base(message) { }

    /// <summary><paramref name="message"/> says why the node cannot answer, <paramref name="inner"/> is the failure behind it.</summary>
    public NotConfirmedException(string message, Exception inner) : base(message, inner) { }
}
