namespace Couch.Domain.Guests;

/// <summary>What a guest may reach. Set by the invite.</summary>
[GenerateSerializer, Immutable, Alias("couch.Permissions")]
public sealed record Permissions
{
    /// <summary>May open connections to the internet. Default true.</summary>
    [Id(0)] public required bool CanAccessInternet { get; init; }

    /// <summary>May start agents of its own. Default false.</summary>
    [Id(1)] public required bool CanSpawnSubAgents { get; init; }

    /// <summary>May reach services of the host's own network. Default false.</summary>
    [Id(2)] public required bool CanAccessHostServices { get; init; }

    /// <summary>What each permission is where an invite does not say it: access to the internet only.</summary>
    public static Permissions Default { get; } = new()
    {
        CanAccessInternet = true,
        CanSpawnSubAgents = false,
        CanAccessHostServices = false,
    };
}
