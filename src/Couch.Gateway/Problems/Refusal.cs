using Microsoft.AspNetCore.WebUtilities;

namespace Couch.Gateway.Problems;

/// <summary>An answer that says no, as <c>application/problem+json</c>. Every one there is stands in <see cref="Refusals"/>.</summary>
public sealed class Refusal : IResult, IStatusCodeHttpResult, IValueHttpResult
{
    public const string ContentType = "application/problem+json";

    private readonly Problem problem;

    internal Refusal(Problem problem) => this.problem = problem;

    internal Refusal(int status, string error, string? detail = null)
        : this(new Problem { Title = ReasonPhrases.GetReasonPhrase(status), Status = status, Error = error, Detail = detail ?? error })
    {
    }

    public int? StatusCode => problem.Status;

    public object? Value => problem;

    public Task ExecuteAsync(HttpContext httpContext)
    {
        httpContext.Response.StatusCode = problem.Status;
        if (problem.Status == 503)
            httpContext.Response.Headers.RetryAfter = "1";
        return httpContext.Response.WriteAsJsonAsync(problem, problem.GetType(), options: null, ContentType, httpContext.RequestAborted);
    }
}
