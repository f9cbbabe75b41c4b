using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Couch.Tests.Support;

namespace Couch.Tests.Fleets;

/// <summary>
/// What stands before several nodes: each request goes to the next one, away for a while from one that broke or kept
/// silent. Everything that is sent here may be repeated, and is, until it is answered or its patience is over.
/// </summary>
internal sealed class Balancer : IDisposable
{
    /// <summary>How long a node may take for one try.</summary>
    private static readonly TimeSpan TryBound = TimeSpan.FromSeconds(10);

    /// <summary>How long a request is tried for, before it counts as failed.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);

    private const int IdLength = 26;
    private static readonly TimeSpan Away = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan LongestPause = TimeSpan.FromMilliseconds(500);
    private static readonly TimeProvider Clock = TimeProvider.System;

    private readonly HttpClient http = new(new SocketsHttpHandler { UseCookies = false,
        ConnectTimeout = TimeSpan.FromSeconds(2) }) { Timeout = Timeout.InfiniteTimeSpan };
    private readonly Dictionary<Uri, DateTimeOffset> awayUntil = [];
    private readonly Tally tally;
    private int next;

    public Balancer(Tally tally) => this.tally = tally;

    public void Add(Uri node)
    {
        lock (awayUntil)
            awayUntil.TryAdd(node, DateTimeOffset.MinValue);
    }

    public void Remove(Uri node)
    {
        lock (awayUntil)
            awayUntil.Remove(node);
    }

    /// <summary>The first answer that is not a 503, from whichever node, and whether an earlier try may have been done too.</summary>
    public async Task<(Answer Answer, bool IsRepeat)> Send(
        HttpMethod method, string path, object? body = null, string? idempotencyKey = null)
    {
        var began = Clock.GetTimestamp();
        for (var (tries, pause) = (0, FirstPause); ; tries++, pause = pause < LongestPause ? 2 * pause : LongestPause)
        {
            var node = Choose();
            var (answer, failure) = await Try(node, method, path, body, idempotencyKey);
            if (failure is null)
            {
                tally.Answered(Clock.GetElapsedTime(began));
                return (answer!, tries > 0);
            }

            tally.Failed(failure.Value, Kind(method, path));
            if (failure is not Failure.Unavailable)
                LeaveAlone(node);
            if (Clock.GetElapsedTime(began) > Patience)
                throw new TimeoutException(
                    $"{Kind(method, path)} failed for {Patience.TotalSeconds:0} s, last by {failure}: {answer?.Body}");
            await Task.Delay(pause, Clock);
        }
    }

    public void Dispose() => http.Dispose();

    private async Task<(Answer? Answer, Failure? Failure)> Try(
        Uri node, HttpMethod method, string path, object? body, string? idempotencyKey)
    {
        using var request = new HttpRequestMessage(method, new Uri(node, path));
        if (body is not null)
            request.Content = new StringContent(JsonSerializer.Serialize(body), Encoding.UTF8, "application/json");
        if (idempotencyKey is not null)
            request.Headers.Add("Idempotency-Key", idempotencyKey);
        using var bound = new CancellationTokenSource(TryBound, Clock);
        try
        {
            using var response = await http.SendAsync(request, bound.Token);
            var answer = new Answer(
                (int)response.StatusCode, response.Headers, response.Content.Headers, await response.Content.ReadAsStringAsync(
                    bound.Token));
            return (answer, answer.Status is 503 ? Failure.Unavailable : null);
        }
        catch (OperationCanceledException)
        {
            return (null, Failure.Silent);
        }
        catch (Exception broken) when (broken is HttpRequestException or SocketException or IOException)
        {
            return (null, Failure.Broken);
        }
    }

    /// <summary>A request without its ids and capabilities.</summary>
    private static string Kind(HttpMethod method, string path) =>
        $"{method} {string.Join('/', path.Split('?')[0].Split('/').Where(part => part.Length is not IdLength))}";

    private Uri Choose()
    {
        var now = Clock.GetUtcNow();
        lock (awayUntil)
        {
            var all = awayUntil.Keys.ToList();
            var good = all.Where(node => awayUntil[node] <= now).ToList();
            var among = good.Count > 0 ? good : all;
            return among[(int)((uint)Interlocked.Increment(ref next) % among.Count)];
        }
    }

    private void LeaveAlone(Uri node)
    {
        lock (awayUntil)
        {
            if (awayUntil.ContainsKey(node))
                awayUntil[node] = Clock.GetUtcNow() + Away;
        }
    }
}

/// <summary>How one try of a request failed, where it may fail.</summary>
internal enum Failure
{
    /// <summary>503.</summary>
    Unavailable,

    /// <summary>No answer in time.</summary>
    Silent,

    /// <summary>The connection broke, or there was none.</summary>
    Broken,
}
