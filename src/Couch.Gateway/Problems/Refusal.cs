using Couch.Domain.Guests;
using Microsoft.AspNetCore.WebUtilities;

namespace Couch.Gateway.Problems;

/// <summary>An answer that says no, as <c>application/problem+json</c>. Every one there is stands in <see cref="Refusals"/>.</summary>
public sealed class Refusal : IResult, IStatusCodeHttpResult, IValueHttpResult<Problem>
{
    public const string ContentType = "application/problem+json";

    private readonly Problem problem;

    internal Refusal(int status, string error, string? detail = null, Guest? ended = null) => problem = new Problem
    {
        Title = ReasonPhrases.GetReasonPhrase(status),
        Status = status,
        Error = error,
        Detail = detail ?? error,
        GuestStatus = ended?.Status,
        EndReason = ended?.EndReason,
    };

    public int? StatusCode => problem.Status;

    public Problem Value => problem;

    public Task ExecuteAsync(HttpContext httpContext)
    {
        httpContext.Response.StatusCode = problem.Status;
        return httpContext.Response.WriteAsJsonAsync(problem, options: null, ContentType, httpContext.RequestAborted);
    }
}
