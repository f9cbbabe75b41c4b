using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Couch.Client.Http;

namespace Couch.Client;

/// <summary>Reads an answer that comes line by line, each a whole JSON value.</summary>
internal static class Progress
{
    public const string MediaType = "application/x-ndjson";

    public static async IAsyncEnumerable<T> Of<T>(
        Transport transport, Call call, JsonTypeInfo<T> type, [EnumeratorCancellation] CancellationToken cancel)
    {
        using var response = await transport.Send(call, HttpCompletionOption.ResponseHeadersRead, cancel).ConfigureAwait(false);
        var body = await response.Content.ReadAsStreamAsync(cancel).ConfigureAwait(false);
        var lines = JsonSerializer.DeserializeAsyncEnumerable(body, type, topLevelValues: true, cancel).GetAsyncEnumerator(cancel);
        await using var disposal = lines.ConfigureAwait(false);
        while (await Next(lines, response, cancel).ConfigureAwait(false))
        {
            if (lines.Current is { } line)
                yield return line;
        }
    }

    private static async Task<bool> Next<T>(IAsyncEnumerator<T?> lines, HttpResponseMessage response, CancellationToken cancel)
    {
        try
        {
            return await lines.MoveNextAsync().ConfigureAwait(false);
        }
        catch (JsonException unreadable)
        {
            throw CouchException.Unreadable(response.StatusCode, unreadable);
        }
        catch (Exception lost) when (CouchUnavailableException.IsLoss(lost, cancel))
        {
            throw new CouchUnavailableException(lost);
        }
    }
}
