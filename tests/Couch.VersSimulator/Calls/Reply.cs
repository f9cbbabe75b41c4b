namespace Couch.VersSimulator.Calls;

/// <summary>What the provider says to a call, before a fault decides what of it arrives.</summary>
internal sealed record Reply(int Status, object? Body = null) : IResult
{
    /// <summary>Nothing is said: the connection is gone, or is about to be.</summary>
    public static Reply None { get; } = new(0);

    /// <summary>Seconds, whole, as the header says it.</summary>
    public TimeSpan? RetryAfter { get; init; }

    public static Reply Ok(object? body = null) => new(200, body);

    /// <summary>Every error of the provider's has this one shape.</summary>
    public static Reply Error(int status, string reason) => new(status, new ErrorBody(reason));

    /// <summary>What stands before the provider speaks HTML, as such things do.</summary>
    public static Reply OfProxy(int status) => new(status, $"<html><body><h1>{status}</h1></body></html>");

    public async Task ExecuteAsync(HttpContext http)
    {
        if (this == None)
            return;
        http.Response.StatusCode = Status;
        if (RetryAfter is { } wait)
            http.Response.Headers.RetryAfter = $"{Math.Ceiling(wait.TotalSeconds):0}";

        if (Body is string html)
            await TypedResults.Text(html, "text/html", statusCode: Status).ExecuteAsync(http);
        else if (Body is not null)
            await http.Response.WriteAsJsonAsync(Body, Body.GetType(), http.RequestAborted);
        await http.Response.CompleteAsync();
    }
}

internal sealed record ErrorBody(string Error)
{
    public bool Success => false;
}
