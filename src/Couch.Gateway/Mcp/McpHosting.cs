using System.Text.Json;
using Couch.Cluster.Telemetry;
using Couch.Gateway.Access;
using Couch.Gateway.Problems;
using Couch.Gateway.Requests;

namespace Couch.Gateway.Mcp;

/// <summary>
/// The door for agents that speak MCP: stateless streamable HTTP, so that any node answers any message. The SDK speaks the protocol; what
/// a tool does, the endpoint behind it does.
/// </summary>
internal static class McpHosting
{
    public const string Path = "/mcp";

    private static Refusal SecretOutside =>
        Refusals.Wrong("codes, tokens and keys belong in a tool's arguments or in the bearer alone");

    public static void AddMcp(this IServiceCollection services)
    {
        services.AddSingleton<InnerRequests>();
        services.AddSingleton<ToolServer>();
        services.AddMcpServer().WithHttpTransport(http => http.ConfigureSessionOptions = (context, options, _) =>
        {
            context.RequestServices.GetRequiredService<ToolServer>().Serve(context, options);
            return Task.CompletedTask;
        });
    }

    /// <summary>Must be the first: what follows it is the pipeline of the tools' requests.</summary>
    public static void UseInnerRequests(this WebApplication app) =>
        app.Use(app.Services.GetRequiredService<InnerRequests>().Through);

    /// <summary>Maps <see cref="Path"/>, which is not in the description of the couch's endpoints: it describes itself.</summary>
    public static void MapMcpDoor(this IEndpointRouteBuilder app) =>
        app.MapMcp(Path).WithMetadata(new McpDoor(), new ExcludeFromDescriptionAttribute()).AcceptsAfterAccess()
            .Finally(endpoint => endpoint.RequestDelegate = Guard(endpoint.RequestDelegate!));

    /// <summary>
    /// Refuses what is no message of MCP, and counts whatever does not end as a request to a tool's endpoint, which counts it itself.
    /// Hosts are not counted, as nowhere else.
    /// </summary>
    private static RequestDelegate Guard(RequestDelegate sdk) => async context =>
    {
        var message = context.Request.HasJsonContentType() ? await Message.Read(context) : null;
        var isCounted = context.Features.Get<HostCaller>() is null;
        var countsItself = message is { HasId: true, HasSecretOutside: false, Tool: { } tool }
            && context.RequestServices.GetRequiredService<ToolServer>().IsCountedAtEndpoint(tool);
        if (isCounted && !countsItself && RateLimits.Count(context, RateLimits.Status) is { } refused)
        {
            await refused;
            return;
        }

        if (message is null || message.HasSecretOutside)
        {
            await (message is null ? Refusals.NotAMessage : SecretOutside).ExecuteAsync(context);
            return;
        }

        try
        {
            await sdk(context);
            // The SDK has refused it in words of its own; without words, the framework's page for bare statuses counts it.
            if (context.Response is { StatusCode: >= 400 and var status, ContentType: not null })
                Refusals.Plain(status).Count(context.RequestServices.GetRequiredService<CouchMeter>());
        }
        catch (JsonException) when (!context.Response.HasStarted)
        {
            context.Response.Clear();
            await Refusals.NotAMessage.ExecuteAsync(context);
        }

        // The SDK has refused it by itself, for its headers for example.
        if (isCounted && countsItself && !InnerRequests.WasSentFor(context))
            RateLimits.CountAnswered(context, RateLimits.Status);
    };
}
