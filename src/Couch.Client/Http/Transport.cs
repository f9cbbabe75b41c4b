using System.Net;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Couch.Client.Http;

/// <summary>
/// Sends calls, repeats those that may be repeated, and turns whatever is not an answer into a <see cref="CouchException"/>.
/// </summary>
internal sealed class Transport
{
    private readonly HttpClient http;

    public Transport(HttpClient http, CouchClientOptions options)
    {
        (this.http, Options) = (http, options.Copy());
        Address = Options.Read(http.BaseAddress);
        Backoff = new(Options);
    }

    public CouchClientOptions Options { get; }

    /// <summary>The couch's, ending in a slash.</summary>
    public Uri Address { get; }

    public Backoff Backoff { get; }

    /// <summary>The answer to a call.</summary>
    public async Task<T> Ask<T>(Call call, JsonTypeInfo<T> type, CancellationToken cancel)
    {
        using var response = await Send(call, HttpCompletionOption.ResponseContentRead, cancel).ConfigureAwait(false);
        return await Read(response, type, cancel).ConfigureAwait(false);
    }

    /// <summary>Sends a call whose answer says nothing but that it succeeded.</summary>
    public async Task Tell(Call call, CancellationToken cancel)
    {
        using var response = await Send(call, HttpCompletionOption.ResponseContentRead, cancel).ConfigureAwait(false);
    }

    /// <summary>Sends a call, again and again where it may be, until it succeeds; 304 is a success.</summary>
    /// <exception cref="CouchException">It did not succeed: what was answered last.</exception>
    public async Task<HttpResponseMessage> Send(Call call, HttpCompletionOption completion, CancellationToken cancel)
    {
        var mayHaveBeenDone = false;
        for (var attempt = 1; ; attempt++)
        {
            var (response, failure) = await Try(call, completion, cancel).ConfigureAwait(false);
            if (failure is null)
                return response!;
            if (mayHaveBeenDone && call.IsDoneWhenGone && failure is CouchNotFoundException)
                return new(HttpStatusCode.NoContent);
            if (failure is CouchUnavailableException lost)
                lost.LookFirst = call.Repeats is Repeats.IfNothingWasDone && !lost.NothingWasDone;
            if (attempt >= Options.MostAttempts || !MayRepeat(call, failure) || failure.RetryAfter > Options.LongestRetryAfter)
                throw failure;
            mayHaveBeenDone |= !failure.NothingWasDone;
            await Task.Delay(Backoff.Pause(attempt, failure.RetryAfter), Options.Clock, cancel).ConfigureAwait(false);
        }
    }

    /// <summary>Sends a call once: either the answer, which succeeded, or what went wrong.</summary>
    public async Task<(HttpResponseMessage? Answer, CouchException? Failure)> Try(
        Call call, HttpCompletionOption completion, CancellationToken cancel)
    {
        using var request = call.ToRequest(Address, Options.HostKey);
        var sent = request.RequestUri;
        HttpResponseMessage response;
        try
        {
            response = await http.SendAsync(request, completion, cancel).ConfigureAwait(false);
        }
        catch (Exception lost) when (CouchUnavailableException.IsLoss(lost, cancel))
        {
            return (null, new CouchUnavailableException(lost));
        }

        // Too late for what was sent, but not for the next one, and the answer is a stranger's.
        if (response.RequestMessage?.RequestUri is { } answered && answered != sent)
        {
            response.Dispose();
            return (null, CouchException.Redirected());
        }

        if (response.IsSuccessStatusCode || response.StatusCode is HttpStatusCode.NotModified)
            return (response, null);
        using (response)
            return (null, await Refusal.Of(response, Backoff.RetryAfter(response.Headers), cancel).ConfigureAwait(false));
    }

    /// <exception cref="CouchException">The answer is not what the protocol says.</exception>
    public static async Task<T> Read<T>(HttpResponseMessage response, JsonTypeInfo<T> type, CancellationToken cancel)
    {
        try
        {
            using var body = await response.Content.ReadAsStreamAsync(cancel).ConfigureAwait(false);
            return await JsonSerializer.DeserializeAsync(body, type, cancel).ConfigureAwait(false)
                ?? throw CouchException.Unreadable(response.StatusCode);
        }
        catch (JsonException unreadable)
        {
            throw CouchException.Unreadable(response.StatusCode, unreadable);
        }
    }

    private static bool MayRepeat(Call call, CouchException failure) => failure.IsTransient && call.Repeats switch
    {
        Repeats.Always => true,
        Repeats.IfNothingWasDone => failure.NothingWasDone,
        _ => false,
    };
}
