using System.Collections.Concurrent;
using Couch.VersSimulator.Calls;

namespace Couch.VersSimulator.Tags;

/// <summary>The account's tags, each with its description.</summary>
public sealed class CommitTags
{
    private readonly ConcurrentDictionary<string, TagBody> tags = new(StringComparer.Ordinal);

    /// <summary>What a tag says; null where there is none.</summary>
    public string? Description(string name) => tags.GetValueOrDefault(name)?.Description;

    internal TagBody? Find(string name) => tags.GetValueOrDefault(name);

    internal bool Add(TagBody tag) => tags.TryAdd(tag.TagName, tag);

    internal bool Describe(string name, string? description)
    {
        while (tags.TryGetValue(name, out var tag))
        {
            if (tags.TryUpdate(name, tag with { Description = description }, tag))
                return true;
        }

        return false;
    }
}

internal static class TagEndpoints
{
    public static void MapTags(this IEndpointRouteBuilder api)
    {
        api.MapPost("commit_tags", Create).Is(Call.Tag);
        api.MapGet("commit_tags/{tag_name}", Look).Is(Call.Tag);
        api.MapPatch("commit_tags/{tag_name}", Describe).Is(Call.Tag);
    }

    private static Reply Create(CreateTagBody body, SimulatorOptions options, CommitTags tags)
    {
        if (body is not { TagName: { Length: > 0 } name, CommitId: { } commit })
            return Reply.Error(400, "tag_name and commit_id are needed");
        if (commit != options.Commit)
            return Reply.Error(404, $"commit not found: {commit}");
        return tags.Add(new(name, commit, body.Description)) ? new(201, new CreatedTagBody(name)) : Reply.Error(409, $"tag exists: {name}");
    }

    private static Reply Look(string tag_name, CommitTags tags) => tags.Find(tag_name) is { } tag ? Reply.Ok(tag) : NotFound(tag_name);

    private static Reply Describe(string tag_name, UpdateTagBody body, CommitTags tags) =>
        tags.Describe(tag_name, body.Description) ? new(204) : NotFound(tag_name);

    private static Reply NotFound(string name) => Reply.Error(404, $"tag not found: {name}");
}

internal sealed record CreateTagBody(string? TagName, Guid? CommitId, string? Description);

internal sealed record CreatedTagBody(string TagName);

internal sealed record UpdateTagBody(string? Description);

internal sealed record TagBody(string TagName, Guid CommitId, string? Description);
