using System.Text.Json;
using ModelContextProtocol.Protocol;

namespace Couch.Gateway.Mcp;

/// <summary>
/// What an endpoint has answered, as a tool's result: its JSON as it is, or its refusal, a sentence with what to do next and the problem.
/// </summary>
internal static class ToolAnswers
{
    public static CallToolResult Of(CouchTool tool, InnerAnswer answer)
    {
        var content = JsonElement.Parse(answer.Body.Span);
        var json = new TextContentBlock { Text = content.GetRawText() };
        if (answer.Status is >= 200 and < 300)
            return new() { StructuredContent = content, Content = [json] };

        // A problem is never structured content: clients check that against the tool's output schema, of errors too.
        return new() { IsError = true, Content = [new TextContentBlock { Text = Sentence(tool, answer, content) }, json] };
    }

    private static string Sentence(CouchTool tool, InnerAnswer answer, JsonElement problem)
    {
        var (error, detail) = (problem.GetProperty("error").GetString(), problem.GetProperty("detail").GetString());
        return $"{error}{(detail == error ? "." : $". {detail}")} Next: {Next(tool, answer)}";
    }

    private static string Next(CouchTool tool, InnerAnswer answer) => answer.Status switch
    {
        400 => tool.WhereWrong,
        401 => "connect again with 'Authorization: Bearer <host key>', which the couch's operator has.",
        403 => "connect again with a host key that has the scope; a host with the scope keys makes one.",
        404 => tool.WhereNotFound,
        409 => tool.WhereRefused,
        429 => $"call again in {answer.RetryAfter} seconds.",
        503 => $"in {answer.RetryAfter ?? "1"} seconds, {tool.WhereUnavailable}",
        _ => "tell the host; the couch's log says more.",
    };
}
