using System.Globalization;
using System.Net;
using System.Runtime.CompilerServices;
using Couch.Client.Http;
using Couch.Client.Json;

namespace Couch.Client;

/// <summary>What a guest does for itself, by its token. The token is sent as bearer, and so is in no URL.</summary>
public sealed class StayClient
{
    /// <summary>The longest that the couch holds an answer.</summary>
    public static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(60);

    private const string StatusPath = "couch/status";

    /// <summary>Well below the time that an <see cref="HttpClient"/> gives an answer, if nobody says otherwise: 100 s.</summary>
    private static readonly TimeSpan WatchedWait = TimeSpan.FromSeconds(30);

    private readonly Transport transport;
    private readonly Secret token;

    internal StayClient(Transport transport, Secret token) => (this.transport, this.token) = (transport, token);

    /// <summary>Shows the stay, at once or as soon as the guest is no longer provisioning.</summary>
    /// <param name="wait">
    /// How long the answer is held while the guest is provisioning: at most <see cref="LongestWait"/>, and less than the timeout of the
    /// <see cref="HttpClient"/>. Default: not at all.
    /// </param>
    /// <exception cref="CouchNotFoundException">
    /// The token is not genuine, or the stay has ended: then <see cref="CouchException.GuestStatus"/> and
    /// <see cref="CouchException.EndReason"/> say how.
    /// </exception>
    public async Task<Stay> Get(TimeSpan wait = default, CancellationToken cancel = default)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(wait.Ticks, nameof(wait));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(wait, LongestWait);
        return await transport.Ask(Status(wait, null), AnswerJson.Default.Stay, cancel).ConfigureAwait(false);
    }

    /// <summary>
    /// Shows the stay now, and again whenever its status or its endpoint has changed. No change between two answers is missed, though
    /// several may be shown as one.
    /// </summary>
    /// <exception cref="CouchNotFoundException">As for <see cref="Get"/>: so it ends with the stay.</exception>
    public async IAsyncEnumerable<Stay> Watch([EnumeratorCancellation] CancellationToken cancel = default)
    {
        var clock = transport.Options.Clock;
        string? tag = null;
        while (true)
        {
            var asked = clock.GetTimestamp();
            var call = Status(tag is null ? TimeSpan.Zero : WatchedWait, tag);
            using var response = await transport.Send(call, HttpCompletionOption.ResponseContentRead, cancel).ConfigureAwait(false);
            if (response.StatusCode is not HttpStatusCode.NotModified)
            {
                // Without a tag there is nothing to wait for, and this would ask without a pause.
                tag = response.Headers.ETag?.ToString() ?? throw CouchException.Unreadable(response.StatusCode);
                yield return await Transport.Read(response, AnswerJson.Default.Stay, cancel).ConfigureAwait(false);
            }
            else if (clock.GetElapsedTime(asked) < transport.Options.FirstPause)
            {
                // A node that shuts down holds no answer.
                await Task.Delay(transport.Options.FirstPause, clock, cancel).ConfigureAwait(false);
            }
        }
    }

    /// <summary>Ends the stay; the VM is destroyed.</summary>
    /// <remarks>
    /// It is not repeated where an answer was lost: the repetition would be told that the stay has ended, with
    /// <see cref="EndReason.CheckedOut"/> as the reason. Calling it again is safe.
    /// </remarks>
    /// <exception cref="CouchNotFoundException">As for <see cref="Get"/>.</exception>
    public Task<CheckedOut> CheckOut(CancellationToken cancel = default) => transport.Ask(
        new Call(HttpMethod.Post, "couch/checkout") { Token = token, Repeats = Repeats.IfNothingWasDone },
        AnswerJson.Default.CheckedOut, cancel);

    private Call Status(TimeSpan wait, string? tag) => new(HttpMethod.Get, StatusPath)
    {
        Token = token,
        IfNoneMatch = tag,
        Query = new Query().Add("wait", wait == default ? null : wait.TotalSeconds.ToString("0.###", CultureInfo.InvariantCulture)),
    };
}
