using System.Diagnostics;

namespace Couch.Tests.Support;

/// <summary>Waiting for what ends by itself, with a bound: a test that hangs says nothing, and holds up all others.</summary>
internal static class Ends
{
    private static readonly TimeSpan Bound = TimeSpan.FromMinutes(2);

    /// <exception cref="TimeoutException">It has not ended.</exception>
    public static Task ToEnd(this Process process) => process.WaitForExitAsync().WaitAsync(Bound);

    /// <inheritdoc cref="ToEnd(Process)"/>
    public static Task ToEnd(this ValueTask work) => work.AsTask().WaitAsync(Bound);

    /// <inheritdoc cref="ToEnd(Process)"/>
    public static Task ToEnd(this Task work) => work.WaitAsync(Bound);
}
