namespace Couch.Domain.Values;

/// <summary>
/// A value was sent that <see cref="Bounds"/> does not allow. Nothing was changed. The gateway asks the same rules
/// before it calls a grain; where one gets through, it answers 400 with the message.
/// </summary>
[GenerateSerializer, Alias("couch.OutOfBoundsException")]
public sealed class OutOfBoundsException : Exception
{
    public OutOfBoundsException() { }

    /// <param name="message">A sentence that names the value and says what it must be; never the value itself.</param>
    public OutOfBoundsException(string message) : base(message) { }

    public OutOfBoundsException(string message, Exception inner) : base(message, inner) { }
}
