using System.Collections.Concurrent;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Xunit;

namespace Couch.Tests.Support;

/// <summary>A page in a <see cref="Browser"/>: what a person does with it, what they see, and what it has asked for.</summary>
internal sealed class BrowserPage(Browser browser, string session, string context) : IAsyncDisposable
{
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(30);

    private static readonly Dictionary<string, (string Code, int Number, string? Text)> Keys = new()
    {
        ["Enter"] = ("Enter", 13, "\r"), ["Escape"] = ("Escape", 27, null), ["Tab"] = ("Tab", 9, null), ["End"] = ("End", 35, null),
        ["Home"] = ("Home", 36, null), ["ArrowDown"] = ("ArrowDown", 40, null), ["ArrowUp"] = ("ArrowUp", 38, null),
        ["PageDown"] = ("PageDown", 34, null),
    };

    private readonly ConcurrentDictionary<string, (int Status, string Body)> answers = new();
    private readonly ConcurrentQueue<string> faults = new();
    private readonly ConcurrentQueue<string> requests = new();
    private readonly ConcurrentQueue<string> refused = new();

    /// <summary>What went wrong in the page: exceptions, errors that it wrote, and what its own policy has refused.</summary>
    public IReadOnlyList<string> Faults => [.. faults];

    /// <summary>Every address that it has asked for.</summary>
    public IReadOnlyList<string> Requests => [.. requests];

    public async Task Begin()
    {
        foreach (var domain in new[] { "Page", "Runtime", "Network", "Log" })
            await Call($"{domain}.enable", new { });
    }

    public void Heard(string method, JsonNode told)
    {
        switch (method)
        {
            case "Runtime.exceptionThrown":
                faults.Enqueue(told.ToJsonString());
                break;
            case "Runtime.consoleAPICalled" when (string?)told["type"] is "error":
                faults.Enqueue(told["args"]!.ToJsonString());
                break;
            case "Log.entryAdded" when (string?)told["entry"]!["source"] is "security" or "violation":
                faults.Enqueue(told["entry"]!.ToJsonString());
                break;
            case "Network.requestWillBeSent":
                requests.Enqueue((string)told["request"]!["url"]!);
                break;
            case "Network.responseReceived" when (int)told["response"]!["status"]! >= 400:
                refused.Enqueue($"{(int)told["response"]!["status"]!} {(string)told["response"]!["url"]!}");
                break;
            case "Network.loadingFailed":
                refused.Enqueue($"{(string?)told["errorText"]} ({(string?)told["type"]})");
                break;
            case "Fetch.requestPaused":
                _ = Fulfil(told);
                break;
        }
    }

    /// <summary>Opens an address, as by typing it.</summary>
    public async Task Open(string url)
    {
        // Chromium gives up what is under way when an interface of the machine appears, as a container's does beside these tests.
        var answer = await Call("Page.navigate", new { url });
        if ((string?)answer["errorText"] == "net::ERR_NETWORK_CHANGED")
            answer = await Call("Page.navigate", new { url });
        Assert.Null((string?)answer["errorText"]);
    }

    /// <summary>From now on requests for this path are answered so, and never reach the couch.</summary>
    public async Task Answer(string path, int status, string body)
    {
        answers[path] = (status, body);
        await Call("Fetch.enable", new { patterns = answers.Keys.Select(each => new { urlPattern = $"*{each}*" }) });
    }

    /// <summary>From now on requests for this path reach the couch again.</summary>
    public void LetThrough(string path) => answers.TryRemove(path, out _);

    /// <summary>What an expression of JavaScript gives, awaited.</summary>
    public async Task<JsonNode?> Evaluate(string expression)
    {
        var answer = await Call("Runtime.evaluate", new { expression, awaitPromise = true, returnByValue = true });
        Assert.True(answer["exceptionDetails"] is null, $"{expression}: {answer["exceptionDetails"]?.ToJsonString()}");
        return answer["result"]!["value"];
    }

    public async Task<string> Text(string selector) =>
        (string?)await Evaluate($"document.querySelector({JsonSerializer.Serialize(selector)})?.textContent ?? ''") ?? "";

    /// <summary>Waits until an expression is true in the page.</summary>
    public async Task Sees(string expression, string what)
    {
        if (!await Support.Until.Holds(() => Is(expression), Bound))
            Assert.Fail(
                $"{what}: not within {Bound}. The page says: {await Text("body")}\nFaults: {string.Join('\n', Faults)}\n"
                    + $"Requests that failed: {string.Join(", ", refused)}");
    }

    public Task SeesText(string text, string selector = "body") => Sees(
        $"[...document.querySelectorAll({JsonSerializer.Serialize(selector)})]"
            + $".some(one => one.textContent.includes({JsonSerializer.Serialize(text)}))",
        $"'{text}' in {selector}");

    /// <summary>Presses keys one after the other: letters, or names such as Enter.</summary>
    public async Task Press(params string[] keys)
    {
        foreach (var key in keys)
        {
            var (code, number, text) = Keys.TryGetValue(key, out var named) ? named : ("", char.ToUpperInvariant(key[0]), key);
            await Call("Input.dispatchKeyEvent", new
            {
                type = text is null ? "rawKeyDown" : "keyDown", key, code, windowsVirtualKeyCode = number, text = text ?? "",
            });
            await Call("Input.dispatchKeyEvent", new { type = "keyUp", key, code, windowsVirtualKeyCode = number });
        }
    }

    /// <summary>Types into what has the focus.</summary>
    public Task Type(string text) => Call("Input.insertText", new { text });

    public Task Click(string selector) => Evaluate($"document.querySelector({JsonSerializer.Serialize(selector)}).click()");

    /// <summary>Presses the first of these whose text begins so.</summary>
    public Task ClickText(string selector, string text) => Evaluate(
        $"[...document.querySelectorAll({JsonSerializer.Serialize(selector)})]"
            + $".find(one => one.textContent.startsWith({JsonSerializer.Serialize(text)})).click()");

    /// <summary>What is in sight, as a PNG.</summary>
    public async Task<byte[]> Picture() =>
        Convert.FromBase64String((string)(await Call("Page.captureScreenshot", new { format = "png" }))["data"]!);

    /// <summary>As on a screen of this width and height, in this scheme of colours.</summary>
    public async Task Looks(int width, int height, string scheme)
    {
        await Call("Emulation.setDeviceMetricsOverride", new { width, height, deviceScaleFactor = 1, mobile = width < 500 });
        await Call("Emulation.setEmulatedMedia", new
        {
            features = new[]
            {
                new { name = "prefers-color-scheme", value = scheme }, new { name = "prefers-reduced-motion", value = "reduce" },
            },
        });
    }

    /// <summary>How many bytes of JavaScript, and how many nodes of documents, are in use once garbage is collected.</summary>
    public async Task<(long Heap, long Nodes)> Kept()
    {
        await Call("Performance.enable", new { });
        await Call("HeapProfiler.collectGarbage", new { });
        var metrics = (await Call("Performance.getMetrics", new { }))["metrics"]!.AsArray()
            .ToDictionary(metric => (string)metric!["name"]!, metric => (double)metric!["value"]!);
        return ((long)metrics["JSHeapUsedSize"], (long)metrics["Nodes"]);
    }

    public Task<JsonNode> Call(string method, object parameters) => browser.Call(session, method, parameters);

    public async ValueTask DisposeAsync() => await browser.Forget(session, context);

    private async Task<bool> Is(string expression)
    {
        // While a page is being left there is nothing to ask.
        var answer = await Call("Runtime.evaluate", new { expression = $"!!({expression})", awaitPromise = true, returnByValue = true });
        return answer["exceptionDetails"] is null && (bool?)answer["result"]!["value"] is true;
    }

    private async Task Fulfil(JsonNode paused)
    {
        var path = new Uri((string)paused["request"]!["url"]!).AbsolutePath;
        if (!answers.TryGetValue(path, out var answer))
        {
            await Call("Fetch.continueRequest", new { requestId = (string)paused["requestId"]! });
            return;
        }

        await Call("Fetch.fulfillRequest", new
        {
            requestId = (string)paused["requestId"]!, responseCode = answer.Status,
            responseHeaders = new[] { new { name = "Content-Type", value = "application/json" } },
            body = Convert.ToBase64String(Encoding.UTF8.GetBytes(answer.Body)),
        });
    }
}
