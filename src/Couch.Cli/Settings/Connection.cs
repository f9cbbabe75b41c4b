using System.Text.Json;
using Couch.Cli.CommandLine;
using Couch.Cli.Terminal;
using Couch.Client;

namespace Couch.Cli.Settings;

/// <summary>The connection to a couch for the time of one command.</summary>
internal sealed class Connection : IDisposable
{
    /// <summary>A person waits: fewer than a program would make.</summary>
    private const int MostAttempts = 4;

    /// <summary>After how long a connection that is not made counts as refused.</summary>
    public static readonly TimeSpan LongestConnect = TimeSpan.FromSeconds(10);

    private readonly HttpClient http;
    private readonly ClockWatch watch;
    private readonly Uri address;

    public Connection(Target target, Surroundings around)
    {
        // A redirect is not followed: a code or a key would go where nobody has sent it.
        watch = new(
            new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false, ConnectTimeout = LongestConnect }, around.Clock);
        (http, address) = (new(watch), target.Url);
        try
        {
            Couch = new(http, new() { Address = target.Url, HostKey = target.Key, MostAttempts = MostAttempts, Clock = around.Clock });
        }
        catch (ArgumentException wrong)
        {
            throw new StopException(ExitCode.Usage, wrong.Message);
        }
    }

    public CouchClient Couch { get; }

    /// <summary>How far the couch's clock is ahead of this machine's, at the last answer that said its time; null where none did.</summary>
    public TimeSpan? ClockApart => watch.Apart;

    /// <summary>The paths that the couch describes; null where it does not.</summary>
    public async Task<IReadOnlySet<string>?> Paths(CancellationToken cancel)
    {
        var root = address.AbsoluteUri.EndsWith('/') ? address : new(address.AbsoluteUri + "/");
        try
        {
            using var response = await http.GetAsync(new Uri(root, "openapi/v1.json"), cancel);
            if (!response.IsSuccessStatusCode)
                return null;
            var body = await response.Content.ReadAsStreamAsync(cancel);
            using var description = await JsonDocument.ParseAsync(body, cancellationToken: cancel);
            return description.RootElement.TryGetProperty("paths", out var paths) && paths.ValueKind is JsonValueKind.Object
                ? paths.EnumerateObject().Select(path => path.Name).ToHashSet()
                : null;
        }
        catch (Exception unreadable) when (
            unreadable is HttpRequestException or IOException or JsonException
            || (unreadable is OperationCanceledException && !cancel.IsCancellationRequested))
        {
            return null;
        }
    }

    public void Dispose() => http.Dispose();

    /// <summary>Reads the time in the head of each answer. It has whole seconds.</summary>
    private sealed class ClockWatch(HttpMessageHandler next, TimeProvider clock) : DelegatingHandler(next)
    {
        public TimeSpan? Apart { get; private set; }

        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            var asked = clock.GetUtcNow();
            var response = await base.SendAsync(request, cancellationToken);
            var answered = clock.GetUtcNow();
            if (response.Headers.Date is { } date)
                Apart = date.AddSeconds(0.5) - (asked + ((answered - asked) / 2));
            return response;
        }
    }
}
