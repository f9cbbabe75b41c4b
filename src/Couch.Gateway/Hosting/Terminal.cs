namespace Couch.Gateway.Hosting;

/// <summary>Who reads what the couch prints.</summary>
internal static class Terminal
{
    private const string OwnWord = "DOTNET_RUNNING_IN_CONTAINER";

    /// <summary>What Docker and Podman put into their containers.</summary>
    private static readonly string[] Marks = ["/.dockerenv", "/run/.containerenv"];

    /// <summary>What Podman, systemd-nspawn and LXC set, and what Kubernetes sets.</summary>
    private static readonly string[] Words = ["container", "KUBERNETES_SERVICE_HOST"];

    /// <summary>
    /// Whether a person at a terminal reads it, and nobody else. A container's engine collects what is printed also where the container
    /// has a terminal.
    /// </summary>
    public static bool IsInteractive =>
        !System.Console.IsOutputRedirected && !System.Console.IsInputRedirected
        && !IsContainer(Environment.GetEnvironmentVariable, File.Exists);

    /// <summary>
    /// Whether the process runs in a container. <c>DOTNET_RUNNING_IN_CONTAINER</c>, which .NET's images set, decides where it is set: with
    /// <c>false</c> a developer whose shell is itself in a container gets what a terminal gets.
    /// </summary>
    internal static bool IsContainer(Func<string, string?> variable, Func<string, bool> exists) => variable(OwnWord) switch
    {
        "true" or "1" => true,
        "false" or "0" => false,
        _ => Words.Any(name => variable(name) is { Length: > 0 }) || Marks.Any(exists),
    };
}
