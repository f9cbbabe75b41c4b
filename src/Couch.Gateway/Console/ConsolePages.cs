using System.IO.Compression;
using System.Reflection;
using System.Security.Cryptography;
using Couch.Gateway.Access;
using Couch.Gateway.Caching;
using Couch.Gateway.Problems;
using Microsoft.Net.Http.Headers;

namespace Couch.Gateway.Console;

/// <summary>
/// The console's files, which are a part of the program. They hold nothing that is worth a sign-in: a page without a session shows nobody
/// anything. Each is kept in memory in every form in which it is sent.
/// </summary>
internal sealed class ConsolePages
{
    /// <summary>Where a sign-in link leads: the same page, which finds the ticket in its address.</summary>
    public const string SignInPath = "/console/sign-in";

    private const string First = "index.html";
    private const string Folder = "console/";

    private static readonly Dictionary<string, string> Types = new(StringComparer.Ordinal)
    {
        [".html"] = "text/html; charset=utf-8",
        [".css"] = "text/css; charset=utf-8",
        [".js"] = "text/javascript; charset=utf-8",
        [".svg"] = "image/svg+xml",
    };

    private readonly Lazy<Dictionary<string, Page>> pages = new(ReadAll);

    /// <summary>Every file, each with its name and how many bytes it is at most on the wire to a browser.</summary>
    public IEnumerable<(string Name, int Bytes)> Sizes => pages.Value.Select(page => (page.Key, page.Value.Gzip.Length));

    /// <summary>The first page.</summary>
    public IResult Show(HttpContext context) => Show(context, First);

    /// <summary>A file; 404 where there is none of this name.</summary>
    public IResult Show(HttpContext context, string name) =>
        pages.Value.TryGetValue(name, out var page) ? Answer(context, page) : Refusals.Plain(404);

    private static IResult Answer(HttpContext context, Page page)
    {
        var headers = context.Response.Headers;
        // Nothing from anywhere else, nothing inline, no page around it, and no text that becomes a script.
        headers.ContentSecurityPolicy =
            "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; frame-ancestors 'none'; "
            + "base-uri 'none'; form-action 'self'; require-trusted-types-for 'script'; trusted-types 'none'";
        headers.XContentTypeOptions = "nosniff";
        headers["Referrer-Policy"] = "no-referrer";
        headers["Cross-Origin-Opener-Policy"] = "same-origin";
        headers["Cross-Origin-Resource-Policy"] = "same-origin";
        headers.Vary = HeaderNames.AcceptEncoding;
        // Asked for again each time, and sent again only where it differs: the files of two versions never stand beside each other.
        headers.CacheControl = "no-cache";

        var (encoding, bytes) = page.For(context.Request);
        var tag = new EntityTagHeaderValue($"\"{page.Hash}{(encoding is null ? "" : "-" + encoding)}\"");
        if (EntityTags.Of(context.Request)?.Have(tag) is true)
            return new NotModified(tag);
        if (encoding is not null)
            headers.ContentEncoding = encoding;
        return TypedResults.Bytes(bytes, page.Type, entityTag: tag);
    }

    private static Dictionary<string, Page> ReadAll()
    {
        var assembly = typeof(ConsolePages).Assembly;
        return assembly.GetManifestResourceNames().Where(name => name.StartsWith(Folder, StringComparison.Ordinal))
            .ToDictionary(name => name[Folder.Length..], name => Page.Of(Path.GetExtension(name), Read(assembly, name)));
    }

    private static byte[] Read(Assembly assembly, string name)
    {
        using var stream = assembly.GetManifestResourceStream(name)!;
        using var bytes = new MemoryStream();
        stream.CopyTo(bytes);
        return bytes.ToArray();
    }

    private sealed record Page(string Type, string Hash, byte[] Plain, byte[] Gzip, byte[] Brotli)
    {
        public static Page Of(string extension, byte[] plain) => new(
            Types[extension], Convert.ToHexStringLower(SHA256.HashData(plain))[..16], plain,
            Compressed(plain, into => new GZipStream(into, CompressionLevel.SmallestSize)),
            Compressed(plain, into => new BrotliStream(into, CompressionLevel.SmallestSize)));

        public (string? Encoding, byte[] Bytes) For(HttpRequest request) =>
            Accepts(request, "br") ? ("br", Brotli) : Accepts(request, "gzip") ? ("gzip", Gzip) : (null, Plain);

        private static bool Accepts(HttpRequest request, string encoding) =>
            StringWithQualityHeaderValue.TryParseList(request.Headers.AcceptEncoding!, out var accepted)
            && accepted.Any(one => one.Value.Equals(encoding, StringComparison.OrdinalIgnoreCase) && one.Quality is not 0);

        private static byte[] Compressed(byte[] plain, Func<Stream, Stream> compressor)
        {
            using var bytes = new MemoryStream();
            using (var stream = compressor(bytes))
                stream.Write(plain);
            return bytes.ToArray();
        }
    }
}

internal static class ConsolePagesHosting
{
    /// <summary>Maps the first page at <c>/</c>, and the files that it asks for under <c>/console</c>.</summary>
    public static void MapConsolePages(this IEndpointRouteBuilder app)
    {
        var pages = app.MapGroup("").LimitTo(app, RateLimits.Status).ExcludeFromDescription();
        pages.MapGet("/", (HttpContext context, ConsolePages console) => console.Show(context));
        pages.MapGet(ConsolePages.SignInPath, (HttpContext context, ConsolePages console) => console.Show(context));
        pages.MapGet("/console/{file}", (string file, HttpContext context, ConsolePages console) => console.Show(context, file));
    }
}
