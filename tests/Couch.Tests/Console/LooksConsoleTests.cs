using Couch.Tests.Support;
using Deque.AxeCore.Commons;
using Xunit;

namespace Couch.Tests.Console;

/// <summary>Every view in light and in dark, wide and narrow: nothing that axe objects to, and pictures for a person to look at.</summary>
public sealed class LooksConsoleTests(Browser browser) : IClassFixture<Browser>
{
    /// <summary>Where the pictures go; without it they are taken and not kept.</summary>
    private const string Folder = "COUCH_TEST_PICTURES";

    private static readonly (int Width, int Height)[] Screens = [(1280, 800), (390, 844)];

    private static readonly string[] Schemes = ["light", "dark"];

    [Fact]
    public async Task Every_view_is_clean_for_screen_readers_and_is_pictured()
    {
        await using var couch = await CouchWithHistory.Start();
        await using var page = await browser.NewPage();
        await page.Looks(1280, 800, "light");
        await page.Open($"{couch.Host.Address}");
        await page.Sees("document.activeElement?.id === 'host-key'", "the page asks for the host key");
        var objections = new List<string>();
        await Look("sign-in", null);
        await BrowserConsoleTests.SignIn(page, couch.Host.Address, CouchWithHistory.Key);
        foreach (var (name, address, until) in couch.Views())
        {
            await page.Open($"{couch.Host.Address}{address}");
            await page.Sees($"{BrowserConsoleTests.IsLive} && ({until})", $"{name} is shown");
            await Look(name, null);
        }

        foreach (var (name, address, keys, script, until) in couch.Dialogs())
        {
            await page.Open($"{couch.Host.Address}{address}");
            await page.Sees(
                $"{BrowserConsoleTests.IsLive} && document.querySelector('.timeline li, .grid .row, .list td')", $"{name} can be asked for");
            await page.Press(keys);
            await page.Evaluate(script);
            await page.Sees($"document.querySelector('dialog[open] :is({until})')", $"{name} is asked for");
            await Look(name, "dialog");
        }

        Assert.True(objections.Count == 0, string.Join('\n', objections));

        async Task Look(string name, string? within)
        {
            foreach (var scheme in Schemes)
            foreach (var (width, height) in Screens)
            {
                await page.Looks(width, height, scheme);
                await page.Evaluate("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))");
                await Keep($"{name}-{scheme}-{width}.png", await page.Picture(), width, height);
                await page.Evaluate("document.querySelectorAll('details').forEach(one => { one.open = true; })");
                // A phone makes room for what is too wide: its own width says nothing.
                if ((int)(await page.Evaluate("document.documentElement.scrollWidth"))! is var wide && wide > width)
                    objections.Add($"{name}, {scheme}, {width}: it is {wide} pixels wide");
                objections.AddRange((await Objections(within)).Select(one => $"{name}, {scheme}, {width}: {one}"));
                await page.Evaluate("document.querySelectorAll('details').forEach(one => { one.open = false; })");
            }

            await page.Looks(1280, 800, "light");
        }

        // By the debugger, as the page's own policy lets no other script in.
        async Task<IEnumerable<string>> Objections(string? within)
        {
            if (await page.Evaluate("!('axe' in window)") is { } isMissing && (bool)isMissing)
                await page.Evaluate(new BundledAxeScriptProvider().GetScript() + "; 0");
            var found = await page.Evaluate($$"""
                axe.run({{(within is null ? "document" : $"'{within}'")}}, { rules: { 'target-size': { enabled: true } } }).then(run => run.violations.map(
                    one => `${one.id}: ${one.help}: `
                        + one.nodes.slice(0, 3).map(node => node.html + ' ' + node.failureSummary).join(' | ')))
                """);
            return found!.AsArray().Select(one => (string)one!);
        }
    }

    private static async Task Keep(string name, byte[] picture, int width, int height)
    {
        // A PNG says its size in its 17th to 24th byte.
        Assert.Equal((width, height), (BigEndian(picture.AsSpan(16)), BigEndian(picture.AsSpan(20))));
        if (Environment.GetEnvironmentVariable(Folder) is { Length: > 0 } folder)
            await File.WriteAllBytesAsync(Path.Combine(Directory.CreateDirectory(folder).FullName, name), picture);

        static int BigEndian(ReadOnlySpan<byte> four) => System.Buffers.Binary.BinaryPrimitives.ReadInt32BigEndian(four);
    }
}
