namespace Couch.Cluster.Storage;

internal static class FailureCauses
{
    /// <summary>The failure and each that caused it, the first cause last.</summary>
    public static IEnumerable<Exception> WithCauses(this Exception failure)
    {
        for (var cause = failure; cause is not null; cause = cause.InnerException)
            yield return cause;
    }
}
