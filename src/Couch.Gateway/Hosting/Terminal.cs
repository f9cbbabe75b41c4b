namespace Couch.Gateway.Hosting;

/// <summary>Who reads what the couch prints.</summary>
internal static class Terminal
{
    /// <summary>
    /// Whether a person at a terminal reads it, and nobody else. A container's engine collects what is printed also where the container
    /// has a terminal.
    /// </summary>
    public static bool IsInteractive =>
        !System.Console.IsOutputRedirected && !System.Console.IsInputRedirected
        && Environment.GetEnvironmentVariable("DOTNET_RUNNING_IN_CONTAINER") is not ("true" or "1");
}
