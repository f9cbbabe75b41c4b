using System.Text.Json;
using ModelContextProtocol.Protocol;

namespace Couch.Gateway.Mcp;

/// <summary>What an endpoint has answered, as a tool's result: its JSON as it is, or its refusal with what to do next.</summary>
internal static class ToolAnswers
{
    public static CallToolResult Of(CouchTool tool, InnerAnswer answer)
    {
        var content = JsonElement.Parse(answer.Body.Span);
        var isRefused = answer.Status is < 200 or >= 300;
        return new()
        {
            IsError = isRefused,
            StructuredContent = content,
            // For clients, and for models, that read text alone.
            Content = [new TextContentBlock { Text = isRefused ? Sentence(tool, answer, content) : content.GetRawText() }],
        };
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
        503 => $"call again in {answer.RetryAfter ?? "1"} seconds, with the same arguments.",
        _ => "tell the host; the couch's log says more.",
    };
}
