namespace Couch.Domain.Capabilities;

/// <summary>
/// A signed secret: <see cref="Prefix"/> and base64url, mostly 64 characters. <see cref="SigningKeys"/> makes and checks it.
/// Its ToString is redacted; only <see cref="Reveal"/> returns the secret.
/// </summary>
internal interface ICapability
{
    /// <summary>The characters that every capability of this kind begins with.</summary>
    static abstract string Prefix { get; }

    /// <summary>
    /// The text that is signed together with the id. Each kind has its own, so that a proof of one kind is invalid for another.
    /// </summary>
    static abstract ReadOnlySpan<byte> Purpose { get; }

    /// <summary>The secret itself; never for a log.</summary>
    string Reveal();
}

/// <summary>The text that stands for a capability in logs and messages.</summary>
internal static class Redacted
{
    /// <summary>The prefix without the secret.</summary>
    public static string Text<TCapability>() where TCapability : struct, ICapability => $"{TCapability.Prefix}(redacted)";
}
