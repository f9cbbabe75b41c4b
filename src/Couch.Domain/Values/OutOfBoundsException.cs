namespace Couch.Domain.Values;

/// <summary>
/// A value was sent that <see cref="Bounds"/> does not allow. Nothing was changed. The gateway checks the same rules before it calls a
/// grain; if a value gets through, the gateway answers 400 with the message.
/// </summary>
[GenerateSerializer, Alias("couch.OutOfBoundsException")]
public sealed class OutOfBoundsException : Exception
{
    /// <summary>An exception with the runtime's default message, which names no value.</summary>
    public OutOfBoundsException() { }

    /// <param name="message">A sentence that names the value and says what it must be; never the value itself.</param>
    public OutOfBoundsException(string message) : base(message) { }

    /// <inheritdoc cref="OutOfBoundsException(string)"/>
    /// <param name="inner">The failure that caused it.</param>
    public OutOfBoundsException(string message, Exception inner) : base(message, inner) { }
}
