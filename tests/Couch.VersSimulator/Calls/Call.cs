namespace Couch.VersSimulator.Calls;

/// <summary>The provider's calls, as faults and the journal name them.</summary>
public enum Call
{
    /// <summary>In a rule: whichever call.</summary>
    Any,
    Create,
    Label,
    Status,
    List,
    Metadata,
    Destroy,
    /// <summary>Writing a file, and reading one.</summary>
    Files,
    Exec,
    Disk,
    /// <summary>Making, reading and describing a commit's tag.</summary>
    Tag,
    /// <summary>Reading a commit's ancestry.</summary>
    Commit,
    /// <summary>No call of the provider's that this simulator knows.</summary>
    Unknown,
}

/// <summary>Which call an endpoint is.</summary>
internal sealed record CallName(Call Call);

internal static class CallNames
{
    public static TBuilder Is<TBuilder>(this TBuilder endpoint, Call call) where TBuilder : IEndpointConventionBuilder =>
        endpoint.WithMetadata(new CallName(call));
}
