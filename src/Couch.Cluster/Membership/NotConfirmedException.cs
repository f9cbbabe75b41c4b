namespace Couch.Cluster.Membership;

/// <summary>
/// The node that was asked cannot confirm that it is still a member, so another may own the grain by now. What was asked may or
/// may not have happened; asking again is safe. The gateway answers 503 with <c>Retry-After</c>.
/// </summary>
[GenerateSerializer, Alias("couch.NotConfirmedException")]
public sealed class NotConfirmedException : Exception
{
    public NotConfirmedException() { }

    public NotConfirmedException(string message) : base(message) { }

    public NotConfirmedException(string message, Exception inner) : base(message, inner) { }
}
