using System.Text.Json;
using Couch.Client.Json;

namespace Couch.Client.Http;

/// <summary>An answer that says no, as an exception.</summary>
internal static class Refusal
{
    /// <summary>The one table of status codes and exceptions.</summary>
    public static async Task<CouchException> Of(HttpResponseMessage response, TimeSpan? retryAfter, CancellationToken cancel)
    {
        var status = response.StatusCode;
        var problem = await Problem(response, cancel).ConfigureAwait(false);
        var said = problem?.Error ?? problem?.Detail ?? $"the answer was {(int)status}";
        return (int)status switch
        {
            400 or 413 or 415 => new CouchValidationException(said, status, problem),
            401 => new CouchUnauthorizedException(said, status, problem),
            403 => new CouchForbiddenException(said, status, problem),
            404 => new CouchNotFoundException(said, status, problem),
            409 => new CouchConflictException(said, status, problem),
            429 => new CouchRateLimitedException(said, status, problem) { RetryAfter = retryAfter },
            502 or 503 or 504 => new CouchUnavailableException(said, status, problem) { RetryAfter = retryAfter },
            _ => new CouchException(said, status, problem),
        };
    }

    /// <summary>
    /// Null where the body is none: what stands between may answer with a page of its own. No secret that somebody put into it gets
    /// any further.
    /// </summary>
    private static async Task<CouchProblem?> Problem(HttpResponseMessage response, CancellationToken cancel)
    {
        if (response.Content.Headers.ContentType?.MediaType is not ("application/problem+json" or "application/json"))
            return null;
        try
        {
            using var body = await response.Content.ReadAsStreamAsync(cancel).ConfigureAwait(false);
            var problem = await JsonSerializer.DeserializeAsync(body, AnswerJson.Default.CouchProblem, cancel).ConfigureAwait(false);
            return problem is null
                ? null
                : problem with
                {
                    Title = Secret.Redact(problem.Title),
                    Detail = Secret.Redact(problem.Detail),
                    Error = Secret.Redact(problem.Error),
                };
        }
        catch (Exception unreadable) when (unreadable is JsonException || CouchUnavailableException.IsLoss(unreadable, cancel))
        {
            return null;
        }
    }
}
