using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Xunit;

namespace Couch.Tests.Support;

/// <summary>
/// A real browser, Chromium without a window, driven by its DevTools protocol. One for a class of tests; each page has cookies of its own.
/// </summary>
public sealed partial class Browser : IAsyncLifetime
{
    private static readonly TimeSpan StartBound = TimeSpan.FromSeconds(60);

    private static readonly string[] Programs = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

    private readonly TemporaryFolder profile = new();
    private readonly ClientWebSocket socket = new();
    private readonly SemaphoreSlim sending = new(1);
    private readonly ConcurrentDictionary<int, TaskCompletionSource<JsonNode>> waiting = new();
    private readonly ConcurrentDictionary<string, Action<string, JsonNode>> listeners = new();
    private Process process = null!;
    private Task reading = Task.CompletedTask;
    private int last;

    public async ValueTask InitializeAsync()
    {
        var program = Environment.GetEnvironmentVariable("COUCH_TEST_CHROMIUM") ?? Programs.FirstOrDefault(File.Exists)
            ?? throw new InvalidOperationException("These tests need Chromium: apt-get install chromium, or set COUCH_TEST_CHROMIUM");
        process = Process.Start(new ProcessStartInfo(program,
        [
            "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-dev-shm-usage", "--no-first-run",
            "--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-extensions", "--mute-audio",
            "--window-size=1280,900", "--remote-debugging-port=0", $"--user-data-dir={profile["profile"]}", "about:blank",
        ]) { RedirectStandardError = true, RedirectStandardOutput = true })!;
        var address = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        process.ErrorDataReceived += (_, line) =>
        {
            if (Listening().Match(line.Data ?? "") is { Success: true } found)
                address.TrySetResult(found.Groups[1].Value);
        };
        process.BeginErrorReadLine();
        process.BeginOutputReadLine();
        await socket.ConnectAsync(new Uri(await address.Task.WaitAsync(StartBound)), CancellationToken.None);
        reading = Read();
    }

    /// <summary>A page that knows nothing of the others.</summary>
    internal async Task<BrowserPage> NewPage()
    {
        var context = (string)(await Call(null, "Target.createBrowserContext", new { }))["browserContextId"]!;
        var target = (string)(await Call(
            null, "Target.createTarget", new { url = "about:blank", browserContextId = context }))["targetId"]!;
        var session = (string)(await Call(null, "Target.attachToTarget", new { targetId = target, flatten = true }))["sessionId"]!;
        var page = new BrowserPage(this, session, context);
        listeners[session] = page.Heard;
        await page.Begin();
        return page;
    }

    internal async Task Forget(string session, string context)
    {
        listeners.TryRemove(session, out _);
        await Call(null, "Target.disposeBrowserContext", new { browserContextId = context });
    }

    /// <summary>Asks the browser, or one of its pages, and waits for the answer.</summary>
    internal async Task<JsonNode> Call(string? session, string method, object parameters)
    {
        var id = Interlocked.Increment(ref last);
        var answer = waiting[id] = new(TaskCreationOptions.RunContinuationsAsynchronously);
        var message = JsonSerializer.SerializeToUtf8Bytes(session is null
            ? new { id, method, @params = parameters }
            : (object)new { id, method, sessionId = session, @params = parameters });
        await sending.WaitAsync();
        try
        {
            await socket.SendAsync(message, WebSocketMessageType.Text, endOfMessage: true, CancellationToken.None);
        }
        finally
        {
            sending.Release();
        }

        return await answer.Task.WaitAsync(StartBound);
    }

    public async ValueTask DisposeAsync()
    {
        if (!process.HasExited)
            process.Kill(entireProcessTree: true);
        await process.ToEnd();
        await reading.ToEnd();
        process.Dispose();
        socket.Dispose();
        sending.Dispose();
        // Its last children may still write.
        await Until.True(() => Task.FromResult(IsGone()), TimeSpan.FromSeconds(30), "the browser's folder is gone");
    }

    private bool IsGone()
    {
        try
        {
            profile.Dispose();
            return true;
        }
        catch (IOException)
        {
            return false;
        }
    }

    private async Task Read()
    {
        var buffer = new byte[64 * 1024];
        using var message = new MemoryStream();
        try
        {
            while (await socket.ReceiveAsync(buffer, CancellationToken.None) is { MessageType: WebSocketMessageType.Text } part)
            {
                message.Write(buffer, 0, part.Count);
                if (!part.EndOfMessage)
                    continue;
                Take(JsonNode.Parse(Encoding.UTF8.GetString(message.GetBuffer(), 0, (int)message.Length))!);
                message.SetLength(0);
            }
        }
        catch (WebSocketException)
        {
            // The browser has ended.
        }

        foreach (var answer in waiting.Values)
            answer.TrySetException(new InvalidOperationException("the browser has ended"));
    }

    private void Take(JsonNode message)
    {
        if (message["id"] is { } id)
        {
            if (!waiting.TryRemove((int)id, out var answer))
                return;
            if (message["error"] is { } error)
                answer.SetException(new InvalidOperationException(error.ToJsonString()));
            else
                answer.SetResult(message["result"]!);
        }
        else if ((string?)message["sessionId"] is { } session && listeners.TryGetValue(session, out var listener))
        {
            listener((string)message["method"]!, message["params"]!);
        }
    }

    [GeneratedRegex(@"DevTools listening on (ws://\S+)")]
    private static partial Regex Listening();
}
