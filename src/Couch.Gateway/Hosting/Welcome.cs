using Couch.Cluster;
using Couch.Cluster.Storage;
using Couch.Cluster.Vms.Docker;
using Couch.Gateway.Console;

namespace Couch.Gateway.Hosting;

/// <summary>What a couch says once it listens: where, with what data, for whom, and what to try first.</summary>
internal static partial class Welcome
{
    /// <param name="isInteractive">Whether it is seen by one person and kept nowhere, so that a sign-in link may be in it.</param>
    public static string To(WebApplication app, bool isInteractive)
    {
        var options = app.Services.GetRequiredService<CouchOptions>();
        var key = app.Services.GetRequiredService<HttpOptions>().HostKey;
        var url = app.Urls.First().Replace("0.0.0.0", "localhost", StringComparison.Ordinal).Replace(
            "[::]", "localhost", StringComparison.Ordinal);
        var bearer = key is null ? "" : " -H \"Authorization: Bearer $COUCH_AUTH_TOKEN\"";
        var toTry = options.Role is CouchRole.Silo
            ? $"{url}/metrics{bearer}"
            : $"-X POST {url}/couch/invites -H \"Content-Type: application/json\"{bearer} -d '{{\"createdBy\":\"me\"}}'";
        return $"""
            Couch listens on {string.Join(", ", app.Urls)}{Part(options.Role)}
            Data: {app.Services.GetRequiredService<CouchDatabase>().Where}
            Host endpoints: {HostEndpoints(key)}
            VMs: {Vms(options)}{ConsoleAt(app, url, isInteractive)}
            Try: curl {toTry}
            """;
    }

    /// <summary>Logs the same for programs: on one line, without what to try.</summary>
    public static void Log(WebApplication app) => LogStarted(
        app.Services.GetRequiredService<ILoggerFactory>().CreateLogger(typeof(Welcome)),
        string.Join(", ", app.Urls),
        app.Services.GetRequiredService<CouchDatabase>().Where,
        HostEndpoints(app.Services.GetRequiredService<HttpOptions>().HostKey));

    [LoggerMessage(312, LogLevel.Information, "Couch listens on {Urls}; data: {Data}; host endpoints: {HostEndpoints}")]
    private static partial void LogStarted(ILogger logger, string urls, string data, string hostEndpoints);

    private static string ConsoleAt(WebApplication app, string url, bool isInteractive)
    {
        if (app.Services.GetRequiredService<CouchOptions>().Role is CouchRole.Silo)
            return "";
        var line = $"{Environment.NewLine}Console: {url}";
        if (app.Services.GetRequiredService<HttpOptions>().HostKey is null)
            return $"{line}/";
        // The link is a secret: it is not for a file, a log collector or whoever reads those.
        return isInteractive
            ? $"{line}{app.Services.GetRequiredService<ConsoleSessions>().Link()} (signs you in, once, within five minutes)"
            : $"{line}/ (couch console prints a sign-in link)";
    }

    private static string Part(CouchRole role) => role switch
    {
        CouchRole.Silo => " as a silo: health and metrics alone",
        CouchRole.Gateway => " as a gateway, and asks the silos",
        _ => "",
    };

    private static string Vms(CouchOptions options) => options switch
    {
        { Role: CouchRole.Gateway } => "as the silos are set",
        { Vms.IsDemo: true } => "DEMO: none are made, they are only pretended inside this process",
        { Vms.Vers: not null } => "from Vers",
        { Vms.Docker: { } docker } => $"sandboxes of {docker.Image} on the container engine at {docker.Engine}",
        _ => "none, so guests wait until a host activates them. " + (EngineAtHand() is { } engine
            ? $"There is a container engine at {engine}: set COUCH_DOCKER_IMAGE to an image"
                + (engine == DockerOptions.DefaultEngine ? "" : $", DOCKER_HOST to {engine}")
            : "Set COUCH_DOCKER_IMAGE or VERS_API_KEY") + "; or try it with --demo",
    };

    /// <summary>The socket of a container engine on this machine; null where none is found.</summary>
    private static string? EngineAtHand()
    {
        string?[] places =
        [
            DockerOptions.DefaultEngine["unix://".Length..],
            "/run/podman/podman.sock",
            Environment.GetEnvironmentVariable("XDG_RUNTIME_DIR") is { Length: > 0 } own ? $"{own}/podman/podman.sock" : null,
        ];
        return places.FirstOrDefault(File.Exists) is { } socket ? $"unix://{socket}" : null;
    }

    private static string HostEndpoints(string? key) => key switch
    {
        null => "WARNING: no host key (COUCH_AUTH_TOKEN): open to its own user on this machine, closed to all others",
        { Length: < HttpOptions.ShortHostKey } => $"under the host key. WARNING: it is shorter than {HttpOptions.ShortHostKey} characters; "
            + "make one with: openssl rand -base64 32",
        _ => "under the host key",
    };
}
