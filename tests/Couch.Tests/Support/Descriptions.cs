using System.Collections.Concurrent;
using Couch.Gateway.OpenApi;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.OpenApi;
using Xunit.Sdk;

namespace Couch.Tests.Support;

/// <summary>
/// Compares every answer that a couch of this process gives to a test with the couch's own description. A test whose couch answers
/// otherwise than described fails, whatever it is a test of.
/// </summary>
internal sealed class Descriptions(HttpMessageHandler network) : DelegatingHandler(network)
{
    private static readonly ConcurrentDictionary<string, DescribedAnswers> Couches = new();
    private static readonly Lock Reading = new();

    // All couches of this process are of one version, so that one description is read, and read once.
    private static Task<DescribedAnswers>? first;

    /// <summary>From now on, what answers at the address of <paramref name="couch"/> answers as it is described.</summary>
    public static async Task Know(WebApplication couch)
    {
        Task<DescribedAnswers> read;
        lock (Reading)
            read = first ??= Read(couch);
        foreach (var address in couch.Urls)
            Couches[new Uri(address).Authority] = await read;
    }

    /// <summary>Somebody else may answer there.</summary>
    public static void Forget(WebApplication couch)
    {
        foreach (var address in couch.Urls)
            Couches.TryRemove(new Uri(address).Authority, out _);
    }

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var response = await base.SendAsync(request, cancellationToken);
        if (!Couches.TryGetValue(request.RequestUri!.Authority, out var described))
            return response;
        var faults = await described.Faults(request, response, cancellationToken);
        if (faults.Count == 0)
            return response;
        response.Dispose();
        throw new XunitException(
            $"{request.Method} {request.RequestUri.AbsolutePath} is not answered as it is described:\n{string.Join('\n', faults)}");
    }

    /// <summary>The description as it is served, but not over HTTP: a couch of a test may allow very few requests.</summary>
    public static async Task<byte[]> Document(WebApplication couch)
    {
        var document = await couch.Services.GetRequiredKeyedService<IOpenApiDocumentProvider>(Description.Name).GetOpenApiDocumentAsync();
        using var json = new MemoryStream();
        await document.SerializeAsJsonAsync(json, OpenApiSpecVersion.OpenApi3_1);
        return json.ToArray();
    }

    private static async Task<DescribedAnswers> Read(WebApplication couch) => new(await Document(couch));
}
