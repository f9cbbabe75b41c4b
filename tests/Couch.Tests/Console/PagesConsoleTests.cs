using System.IO.Compression;
using System.Text;
using System.Text.RegularExpressions;
using Couch.Gateway.Console;
using Couch.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace Couch.Tests.Console;

/// <summary>The console's files: a part of the program, small, and shut against everything that is not theirs.</summary>
public sealed partial class PagesConsoleTests(KeyedCouchHost couch) : IClassFixture<KeyedCouchHost>
{
    private const int MostBytes = 150 * 1024;

    private IEnumerable<string> Files =>
        couch.App.Services.GetRequiredService<ConsolePages>().Sizes
            .Select(file => file.Name == "index.html" ? "/" : $"/console/{file.Name}");

    [Fact]
    public async Task Every_file_comes_to_anybody_and_allows_nothing_from_anywhere_else()
    {
        Assert.True(Files.Count() > 10);
        foreach (var path in Files.Append("/console/sign-in"))
        {
            var answer = (await couch.Anyone.Get(path)).Is(200);
            Assert.Equal(
                ["base-uri 'none'", "connect-src 'self'", "default-src 'none'", "form-action 'self'", "frame-ancestors 'none'",
                    "img-src 'self'", "require-trusted-types-for 'script'", "script-src 'self'", "style-src 'self'",
                    "trusted-types 'none'"],
                answer.Header("Content-Security-Policy").Split("; ").Order(StringComparer.Ordinal));
            Assert.Equal("nosniff", answer.Header("X-Content-Type-Options"));
            Assert.Equal("no-referrer", answer.Header("Referrer-Policy"));
            Assert.Equal("same-origin", answer.Header("Cross-Origin-Opener-Policy"));
            Assert.Equal("no-cache", answer.Header("Cache-Control"));
            Assert.Equal("utf-8", path.EndsWith(".svg", StringComparison.Ordinal) ? "utf-8" : answer.ContentHeaders.ContentType?.CharSet);
        }

        Assert.Equal("text/html", (await couch.Anyone.Get("/")).ContentHeaders.ContentType?.MediaType);
        Assert.Equal("text/javascript", (await couch.Anyone.Get("/console/app.js")).ContentHeaders.ContentType?.MediaType);
        foreach (var none in new[] { "/console/none.js", "/console/", "/console/..%2Fapp.js", "/console/index.html/x", "/console/APP.JS" })
            (await couch.Anyone.Get(none)).Refuses(404);
    }

    [Fact]
    public async Task No_file_has_an_outside_address_or_a_script_or_a_style_in_its_markup()
    {
        foreach (var path in Files)
        {
            var text = (await couch.Anyone.Get(path)).Is(200).Body;
            Assert.DoesNotMatch(OutsideAddress(), text.Replace("http://www.w3.org/2000/svg", "", StringComparison.Ordinal));
            Assert.DoesNotMatch(Sink(), text);
            Assert.All(text.Split('\n'), line => Assert.True(line.Length <= 400, $"{path}: {line}"));
        }

        var page = (await couch.Anyone.Get("/")).Body;
        Assert.DoesNotMatch(Inline(), page);
        // Each module is asked for at once, not only once it is found in another. One is of the page at /join alone.
        Assert.Equal(
            Files.Where(path => path.EndsWith(".js", StringComparison.Ordinal) && path != "/console/join.js").Order(),
            Asked().Matches(page).Select(asked => asked.Groups[1].Value).Order());
    }

    [Fact]
    public async Task Everything_together_is_small_on_the_wire()
    {
        var (plain, sent) = (0, 0);
        foreach (var path in Files)
        {
            var bytes = await Bytes(path, "gzip");
            sent += bytes.Length;
            plain += Unzipped(bytes).Length;
        }

        TestContext.Current.TestOutputHelper!.WriteLine($"{Files.Count()} files, {plain} bytes, {sent} bytes with gzip");
        Assert.InRange(sent, 1, MostBytes);
    }

    [Fact]
    public async Task A_file_is_sent_in_the_form_that_is_asked_for_and_again_only_where_it_differs()
    {
        const string path = "/console/app.js";
        var plain = (await couch.Anyone.Get(path)).Is(200);
        Assert.Empty(plain.ContentHeaders.ContentEncoding);
        Assert.Equal("Accept-Encoding", plain.Header("Vary"));
        Assert.Equal(plain.Body, Unzipped(await Bytes(path, "gzip, deflate")));
        using var brotli = new StreamReader(
            new BrotliStream(new MemoryStream(await Bytes(path, "gzip, deflate, br")), CompressionMode.Decompress));
        Assert.Equal(plain.Body, await brotli.ReadToEndAsync());
        Assert.Equal(plain.Body, Encoding.UTF8.GetString(await Bytes(path, "br;q=0, gzip;q=0")));

        var tags = new HashSet<string>();
        foreach (var encoding in new[] { "identity", "gzip", "br" })
        {
            var caller = couch.Anyone.Sending("Accept-Encoding", encoding);
            var tag = (await caller.Get(path)).Header("ETag");
            Assert.True(tags.Add(tag));
            var unchanged = (await caller.Sending("If-None-Match", tag).Get(path)).Is(304);
            Assert.Equal(("", tag), (unchanged.Body, unchanged.Header("ETag")));
            Assert.True(unchanged.Headers.Contains("Content-Security-Policy"));
        }

        (await couch.Anyone.Sending("If-None-Match", "\"x\"").Get(path)).Is(200);
    }

    private async Task<byte[]> Bytes(string path, string encoding)
    {
        using var http = new HttpClient { BaseAddress = couch.Address };
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        request.Headers.TryAddWithoutValidation("Accept-Encoding", encoding);
        using var response = await http.SendAsync(request);
        return await response.Content.ReadAsByteArrayAsync();
    }

    private static string Unzipped(byte[] bytes)
    {
        using var reader = new StreamReader(new GZipStream(new MemoryStream(bytes), CompressionMode.Decompress));
        return reader.ReadToEnd();
    }

    [GeneratedRegex("(https?:)?//[a-z0-9-]+\\.[a-z]", RegexOptions.IgnoreCase)]
    private static partial Regex OutsideAddress();

    // Whatever reads text as markup or as a script, and whatever keeps something in the browser.
    [GeneratedRegex(@"innerHTML|outerHTML|insertAdjacentHTML|document\.write|DOMParser|srcdoc|\beval\b|new Function|localStorage"
        + @"|sessionStorage|indexedDB|document\.cookie")]
    private static partial Regex Sink();

    [GeneratedRegex("(?:href|src)=\"(/console/[a-z]+\\.js)\"")]
    private static partial Regex Asked();

    [GeneratedRegex("<style|style=|<script(?![^>]*src=)|\\son[a-z]+=|javascript:", RegexOptions.IgnoreCase)]
    private static partial Regex Inline();
}
