using Couch.Cluster;
using Couch.Gateway.Access;
using Couch.Gateway.Console;
using Couch.Gateway.Problems;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Net.Http.Headers;

namespace Couch.Gateway.Join;

/// <summary>
/// The doors of a guest's agent that are texts: the page of an invite's link, which is the paste-block to whoever is not a browser, and
/// where agents look for what a site offers them. They are the same for everybody, and ask no grain.
/// </summary>
public static class JoinEndpoints
{
    /// <summary>The path of an invite's link. The code follows as a fragment, which no client sends.</summary>
    public const string Path = "/join";

    private const string SkillPath = $"/skills/{AgentTexts.SkillName}/SKILL.md";
    private const string Page = "join.html";

    private static readonly string[] TextTypes = ["text/markdown", "text/plain"];

    /// <summary>Registers the texts, one of each in a process.</summary>
    public static void AddJoin(this IServiceCollection services) => services.AddSingleton<AgentTexts>();

    /// <summary>Maps <c>/join</c>, <c>/llms.txt</c>, and the guest's skill with its index.</summary>
    public static void MapJoin(this IEndpointRouteBuilder app)
    {
        var texts = app.MapGroup("").LimitTo(app, RateLimits.Status).ExcludeFromDescription();
        texts.MapGet(Path, Join);
        texts.MapGet("/llms.txt", (HttpContext context, CouchOptions options, AgentTexts all) =>
        {
            context.Response.Headers.Vary = "Accept";
            return Tell(context, options, all.Llms);
        });
        texts.MapGet(SkillPath, (HttpContext context, AgentTexts all) => Text(context, all.Skill, "text/markdown"));
        texts.MapGet("/.well-known/agent-skills/index.json", Index);
    }

    private static IResult Join(HttpContext context, CouchOptions options, AgentTexts texts, ConsolePages pages)
    {
        var result = IsForBrowser(context.Request) ? pages.Show(context, Page) : Tell(context, options, texts.Join);
        context.Response.Headers.Vary = "Accept, Accept-Encoding";
        // Where the page is as others reach it: the link that a host shares is this and the code.
        if (CouchAddress.Of(context.Request, options) is { } couch)
            context.Response.Headers.Link = $"<{couch}{Path}>; rel=\"canonical\"";
        return result;
    }

    private static IResult Tell(HttpContext context, CouchOptions options, Func<string, string> text) =>
        CouchAddress.Of(context.Request, options) is { } couch
            ? Text(context, text(couch), Wanted(context.Request) ?? TextTypes[0])
            : BadHost();

    private static Refusal BadHost() => Refusals.Wrong("Host must be a host name or an IP address, with or without a port");

    private static ContentHttpResult Text(HttpContext context, string text, string type)
    {
        var headers = context.Response.Headers;
        // Text, whatever a browser takes it for.
        headers.XContentTypeOptions = "nosniff";
        headers.ContentSecurityPolicy = "default-src 'none'; frame-ancestors 'none'";
        headers["Referrer-Policy"] = "no-referrer";
        headers.CacheControl = "no-cache";
        return TypedResults.Text(text, type + "; charset=utf-8");
    }

    private static IResult Index(HttpContext context, CouchOptions options, AgentTexts texts)
    {
        if (CouchAddress.Of(context.Request, options) is not { } couch)
            return BadHost();
        var skill = new SkillEntry
        {
            Name = AgentTexts.SkillName,
            Description = texts.SkillDescription,
            Url = couch + SkillPath,
            Digest = texts.SkillDigest,
        };
        return TypedResults.Ok(new SkillIndex { Skills = [skill] });
    }

    /// <summary>
    /// Whether the page is meant: browsers name <c>text/html</c>, and neither Markdown nor plain text. What names both, as agents' readers
    /// do, is given the text unless it likes HTML better; curl names nothing.
    /// </summary>
    private static bool IsForBrowser(HttpRequest request)
    {
        var accepted = Accepted(request);
        var html = Quality(accepted, "text/html");
        return html > 0 && html > TextTypes.Max(type => Quality(accepted, type));
    }

    /// <summary>The one of <see cref="TextTypes"/> that is named, and liked best; null where none is named.</summary>
    private static string? Wanted(HttpRequest request)
    {
        var accepted = Accepted(request);
        var best = TextTypes.MaxBy(type => Quality(accepted, type))!;
        return Quality(accepted, best) > 0 ? best : null;
    }

    /// <summary>The quality of a type that is named in full; 0 where it is not.</summary>
    private static double Quality(IList<MediaTypeHeaderValue> accepted, string type) => accepted
        .Where(one => one.MediaType.Equals(type, StringComparison.OrdinalIgnoreCase)).Select(one => one.Quality ?? 1)
        .DefaultIfEmpty(0).Max();

    private static IList<MediaTypeHeaderValue> Accepted(HttpRequest request) =>
        MediaTypeHeaderValue.TryParseList(request.Headers.Accept!, out var accepted) ? accepted : [];
}
