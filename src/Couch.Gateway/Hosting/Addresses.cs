using System.Net;
using System.Net.Sockets;
using Couch.Cluster.Configuration;

namespace Couch.Gateway.Hosting;

/// <summary>
/// Where the couch listens: <c>--urls</c>, else <c>ASPNETCORE_URLS</c>, else <c>PORT</c> on loopback, else port 3000 on loopback. Without a
/// host key the couch listens only on loopback, wherever the address was set.
/// </summary>
internal sealed record Addresses(string? Urls)
{
    private const int DefaultPort = 3000;
    private const string Loopback = "localhost";

    public static Addresses Read(Settings settings, IConfiguration configuration, HttpOptions http)
    {
        var port = settings.Whole("PORT", DefaultPort, 1, IPEndPoint.MaxPort);
        var endpoints = configuration.GetSection("Kestrel:Endpoints").GetChildren()
            .Where(endpoint => endpoint["Url"] is not null)
            .Select(endpoint => (Name: endpoint.Path.Replace(":", "__", StringComparison.Ordinal) + "__Url", Url: endpoint["Url"]!))
            .ToList();
        var urls = settings.Text("urls") ?? (endpoints.Count == 0 ? $"http://{Loopback}:{port}" : null);

        var named = (urls ?? "").Split(';', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)
            .Select(url => (Name: settings.Text("urls") is null ? "PORT" : "--urls (or ASPNETCORE_URLS)", Url: url));
        foreach (var (name, url) in named.Concat(endpoints))
            Check(settings, name, url, http.HostKey is not null);

        return new Addresses(urls);
    }

    /// <summary>The first address that a couch under <paramref name="configuration"/> listens on, as this machine reaches it.</summary>
    public static Uri ToKnockAt(IConfiguration configuration)
    {
        var address = First(configuration);
        var host = address is { Host: var named } && IPAddress.TryParse(named.Trim('[', ']'),
            out var ip) && !ip.Equals(IPAddress.Any) && !ip.Equals(IPAddress.IPv6Any) ? named : Loopback;
        return new UriBuilder(address?.Scheme ?? "http", host,
            address?.Port ?? new Settings(configuration).Whole("PORT", DefaultPort, 1, IPEndPoint.MaxPort)).Uri;
    }

    /// <summary>The path of the Unix socket that it listens on; null where it listens on a port.</summary>
    public static string? SocketToKnockAt(IConfiguration configuration) =>
        First(configuration) is { IsUnixPipe: true } address ? address.UnixPipePath : null;

    private static BindingAddress? First(IConfiguration configuration)
    {
        var url = new Settings(configuration).Text("urls")?.Split(';')[0].Trim()
            ?? configuration.GetSection("Kestrel:Endpoints").GetChildren().Select(endpoint => endpoint["Url"]).FirstOrDefault();
        return url is null ? null : Parse(url);
    }

    private static void Check(Settings settings, string name, string url, bool hasHostKey)
    {
        if (Parse(url) is not { } address)
            settings.Wrong(name, $"must be addresses like http://{Loopback}:3000, separated by semicolons; '{url}' is none");
        else if (address.PathBase.Length > 0)
            settings.Wrong(name, $"'{url}' has a path: a couch answers at the root of an address. Where a proxy has it under a path, the "
                + "proxy takes the path away");
        else if (!hasHostKey && !NamesLoopback(address.Host))
            settings.Wrong(name, $"'{url}' can be reached from other machines, and no host key is set: set COUCH_AUTH_TOKEN to a secret of "
                + $"your own, or listen on http://{Loopback}:{address.Port}");
        else if (address.Port == 0 && address.Host == Loopback)
            settings.Wrong(name, "cannot find a free port on two loopback addresses at once: say http://127.0.0.1:0");
        else if (address.Port != 0 && IsTaken(address))
            settings.Wrong(name, $"names port {address.Port}, which is in use, perhaps by another couch: choose another, for example "
                + $"PORT={address.Port + 1 & IPEndPoint.MaxPort}");
    }

    /// <summary>Kestrel reads any name that is not an address as "everywhere", so only these are loopback.</summary>
    public static bool NamesLoopback(string host) =>
        host.Equals(Loopback, StringComparison.OrdinalIgnoreCase)
            || (IPAddress.TryParse(host.Trim('[', ']'), out var address) && IsLoopback(address));

    public static bool IsLoopback(IPAddress address) =>
        IPAddress.IsLoopback(address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address);

    private static BindingAddress? Parse(string url)
    {
        try
        {
            return BindingAddress.Parse(url) is { Scheme: "http" or "https", Port: >= 0 and <= IPEndPoint.MaxPort } address
                ? address
                : null;
        }
        catch (FormatException)
        {
            return null;
        }
    }

    /// <summary>Checked for the operator: the server would report the same as a stack trace, after the silo has started.</summary>
    private static bool IsTaken(BindingAddress address)
    {
        if (address.IsUnixPipe)
            return false;
        var host = address.Host == Loopback ? IPAddress.Loopback : IPAddress.TryParse(address.Host.Trim('[', ']'),
            out var ip) ? ip : IPAddress.Any;
        try
        {
            using var probe = new TcpListener(host, address.Port);
            probe.Start();
            return false;
        }
        catch (SocketException refused)
        {
            return refused.SocketErrorCode is SocketError.AddressAlreadyInUse;
        }
    }
}
