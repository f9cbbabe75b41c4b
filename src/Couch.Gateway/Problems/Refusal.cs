using System.Runtime.CompilerServices;
using System.Text.Json;
using Couch.Cluster.Telemetry;
using Microsoft.AspNetCore.WebUtilities;

namespace Couch.Gateway.Problems;

/// <summary>An answer that says no, as <c>application/problem+json</c>. All of them are in <see cref="Refusals"/>.</summary>
public sealed class Refusal : IResult, IStatusCodeHttpResult, IValueHttpResult
{
    /// <summary>The media type of every refusal's body, from RFC 9457.</summary>
    public const string ContentType = "application/problem+json";

    private readonly Problem problem;

    private readonly string reason;

    /// <param name="name">The refusal's name in the table: what it is counted under.</param>
    internal Refusal(Problem problem, [CallerMemberName] string name = "")
    {
        this.problem = problem;
        reason = JsonNamingPolicy.KebabCaseLower.ConvertName(name);
    }

    internal Refusal(int status, string error, string? detail = null, [CallerMemberName] string name = "")
        : this(new Problem { Title = ReasonPhrases.GetReasonPhrase(status), Status = status, Error = error, Detail = detail ?? error },
            name)
    {
    }

    /// <summary>What is wrong, in one sentence.</summary>
    public string Sentence => problem.Error;

    /// <inheritdoc/>
    public int? StatusCode => problem.Status;

    /// <inheritdoc/>
    public object? Value => problem;

    /// <summary>Counts it where something else than <see cref="ExecuteAsync"/> answers it.</summary>
    internal void Count(CouchMeter meter) => meter.Refused(reason);

    /// <inheritdoc/>
    public Task ExecuteAsync(HttpContext httpContext)
    {
        Count(httpContext.RequestServices.GetRequiredService<CouchMeter>());
        httpContext.Response.StatusCode = problem.Status;
        if (problem.Status == 503)
            httpContext.Response.Headers.RetryAfter = "1";
        return httpContext.Response.WriteAsJsonAsync(problem, problem.GetType(), options: null, ContentType, httpContext.RequestAborted);
    }
}
