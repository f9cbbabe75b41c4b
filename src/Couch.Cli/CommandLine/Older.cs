using System.Net;
using Couch.Client;

namespace Couch.Cli.CommandLine;

/// <summary>Calls that an older couch does not know: its bare 404 would be taken for a guest that is not there.</summary>
internal static class Older
{
    /// <summary>Whether the couch says that it has no such call, where nothing else can be missing.</summary>
    public static bool DoesNotKnow(CouchException answer) =>
        answer.StatusCode is HttpStatusCode.NotFound or HttpStatusCode.MethodNotAllowed;

    /// <exception cref="StopException">The couch does not know the call.</exception>
    public static async Task<T> Explains<T>(Func<Task<T>> call)
    {
        try
        {
            return await call();
        }
        catch (CouchException unknown) when (DoesNotKnow(unknown))
        {
            throw new StopException(
                ExitCode.Failure, "the couch does not know this call: it is older than this command",
                "upgrade the couch; see: couch doctor");
        }
    }
}
