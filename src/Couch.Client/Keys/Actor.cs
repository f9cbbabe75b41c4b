namespace Couch.Client;

/// <summary>The host key that did something; both fields are null where no key did.</summary>
public sealed record Actor
{
    /// <summary>The key's id; null for the configured key, and for a caller on the couch's own machine where it has no key.</summary>
    public string? KeyId { get; init; }

    /// <summary>The key's name; without an id it is <c>configured</c> or <c>loopback</c>.</summary>
    public string? Name { get; init; }

    /// <summary>No key.</summary>
    internal static Actor Nobody { get; } = new();
}
