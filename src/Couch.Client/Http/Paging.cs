using System.Runtime.CompilerServices;

namespace Couch.Client.Http;

/// <summary>Goes through a list that the couch answers in pages.</summary>
internal static class Paging
{
    /// <summary>Each page as it comes, up to the one that names no next.</summary>
    public static async IAsyncEnumerable<TPage> All<TPage, TCursor>(
        TCursor first, Func<TCursor, CancellationToken, Task<TPage>> ask, Func<TPage, (bool, TCursor)> next,
        [EnumeratorCancellation] CancellationToken cancel)
    {
        var (goesOn, cursor) = (true, first);
        while (goesOn)
        {
            var page = await ask(cursor, cancel).ConfigureAwait(false);
            yield return page;
            (goesOn, cursor) = next(page);
        }
    }

    /// <summary>What is on the pages, in their order.</summary>
    public static async IAsyncEnumerable<TItem> Items<TPage, TItem>(
        IAsyncEnumerable<TPage> pages, Func<TPage, IReadOnlyList<TItem>> items, [EnumeratorCancellation] CancellationToken cancel)
    {
        await foreach (var page in pages.WithCancellation(cancel).ConfigureAwait(false))
        foreach (var item in items(page))
            yield return item;
    }
}
