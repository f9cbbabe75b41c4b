using System.Text.Json.Serialization;

namespace Couch.Domain.Keys;

/// <summary>What a host key is good for, as a value: two of the same scopes are equal.</summary>
[GenerateSerializer, Immutable, Alias("couch.KeyScopes")]
public sealed record KeyScopes
{
    /// <summary>Whether it has <see cref="KeyScope.Invites"/>.</summary>
    [Id(0)] public bool Invites { get; init; }

    /// <summary>Whether it has <see cref="KeyScope.Guests"/>.</summary>
    [Id(1)] public bool Guests { get; init; }

    /// <summary>Whether it has <see cref="KeyScope.Meter"/>.</summary>
    [Id(2)] public bool Meter { get; init; }

    /// <summary>Whether it has <see cref="KeyScope.Keys"/>.</summary>
    [Id(3)] public bool Keys { get; init; }

    /// <summary>A key made before this scope existed lacks it, and its row is not changed.</summary>
    [Id(4), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] public bool Vms { get; init; }

    /// <inheritdoc cref="Vms"/>
    [Id(5), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] public bool Events { get; init; }

    /// <inheritdoc cref="Vms"/>
    [Id(6), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] public bool Webhooks { get; init; }

    /// <summary>What the configured key has.</summary>
    public static KeyScopes All { get; } = Of(Enum.GetValues<KeyScope>());

    /// <summary>The scopes it has, in the order of the values of <see cref="KeyScope"/>; empty where it has none.</summary>
    [JsonIgnore] public IReadOnlyList<KeyScope> Each => [.. Enum.GetValues<KeyScope>().Where(Has)];

    /// <summary>A value that has these scopes and no others. What is named twice counts once.</summary>
    public static KeyScopes Of(params IReadOnlyCollection<KeyScope> scopes) => new()
    {
        Invites = scopes.Contains(KeyScope.Invites),
        Guests = scopes.Contains(KeyScope.Guests),
        Meter = scopes.Contains(KeyScope.Meter),
        Keys = scopes.Contains(KeyScope.Keys),
        Vms = scopes.Contains(KeyScope.Vms),
        Events = scopes.Contains(KeyScope.Events),
        Webhooks = scopes.Contains(KeyScope.Webhooks),
    };

    /// <summary>Those of <paramref name="other"/> that this lacks.</summary>
    public IReadOnlyList<KeyScope> Lacking(KeyScopes other) => [.. other.Each.Where(scope => !Has(scope))];

    /// <summary>Whether it has this scope; false for a value that <see cref="KeyScope"/> does not define.</summary>
    public bool Has(KeyScope scope) => scope switch
    {
        KeyScope.Invites => Invites,
        KeyScope.Guests => Guests,
        KeyScope.Meter => Meter,
        KeyScope.Keys => Keys,
        KeyScope.Vms => Vms,
        KeyScope.Events => Events,
        KeyScope.Webhooks => Webhooks,
        _ => false,
    };
}
