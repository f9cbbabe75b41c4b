using System.Text.Json.Serialization;
using Couch.Domain.Invites;
using Couch.Domain.Keys;
using Couch.Domain.Values;

namespace Couch.Domain.Bulk;

/// <summary>
/// A host's order to kill many guests, or to revoke many invites. Owned by its grain, which works through it in batches: each batch is
/// written before it is begun, and its results are written with the next one. A batch that is repeated after a crash gives the same
/// results, because each kill and each revocation carries the order's own idempotency key. One that fails holds up no other: it stays in
/// the batch, and is tried again.
/// </summary>
[GenerateSerializer, Immutable, Alias("couch.BulkOrder")]
public sealed record BulkOrder
{
    /// <summary>How many make a batch.</summary>
    public const int BatchSize = 1000;

    private const int MostWaiting = 10 * BatchSize;

    /// <summary>
    /// How far nodes' clocks may be apart. An order for all is also for those that are there by then: their ids are of another node's
    /// clock.
    /// </summary>
    public static readonly TimeSpan Skew = TimeSpan.FromMinutes(1);

    /// <summary>How long a finished order can still be asked for its results.</summary>
    public static readonly TimeSpan KeptFinished = TimeSpan.FromHours(1);

    /// <summary>It contains <see cref="CreatedAt"/>.</summary>
    [Id(0)] public required BulkOrderId Id { get; init; }

    /// <summary>What is done to each.</summary>
    [Id(1)] public required BulkAction Action { get; init; }

    /// <summary>To which it is done.</summary>
    [Id(2)] public required BulkScope Scope { get; init; }

    /// <summary>By which host key it was given.</summary>
    [Id(3)] public required Actor By { get; init; }

    /// <summary>The ids that are being worked on, with a blank between two; null: none.</summary>
    [Id(4)] public string? Batch { get; init; }

    /// <summary>The last id that was taken in this pass over the table; null where none was, and for an order that names its ids.</summary>
    [Id(5)] public string? After { get; init; }

    /// <summary>How many it has ended.</summary>
    [Id(6)] public int Done { get; init; }

    /// <summary>How many it had ended before this pass over the table.</summary>
    [Id(7)] public int DoneBefore { get; init; }

    /// <summary>Of those that it names, how many had ended before.</summary>
    [Id(8)] public int AlreadyEnded { get; init; }

    /// <summary>The ids of which none that the order is for was found, with a blank between two; null: none.</summary>
    [Id(9)] public string? NotFound { get; init; }

    /// <summary>The ids whose rows could not be read, with a blank between two; null: none.</summary>
    [Id(10)] public string? Unreadable { get; init; }

    /// <summary>When all was done; null while it is not.</summary>
    [Id(11)] public DateTimeOffset? FinishedAt { get; init; }

    /// <summary>An order for all is for those whose ids are of before this moment; null until its grain has set it.</summary>
    [Id(12)] public DateTimeOffset? Until { get; init; }

    /// <summary>The millisecond the order was given, taken from the id.</summary>
    [JsonIgnore] public DateTimeOffset CreatedAt => Id.CreatedAt;

    /// <summary>Whether all is done.</summary>
    [JsonIgnore] public bool IsFinished => FinishedAt is not null;

    /// <summary>The ids that are being worked on.</summary>
    [JsonIgnore] public IReadOnlyList<string> EachInBatch => IdList.Each(Batch);

    /// <summary>The ids that were not found.</summary>
    [JsonIgnore] public IReadOnlyList<string> EachNotFound => IdList.Each(NotFound);

    /// <summary>The ids whose rows could not be read.</summary>
    [JsonIgnore] public IReadOnlyList<string> EachUnreadable => IdList.Each(Unreadable);

    /// <summary>The idempotency key of each kill and each revocation.</summary>
    [JsonIgnore] public Idempotency Key => Idempotency.OfBulkOrder(By, Id.Value);

    /// <summary>
    /// When its grain must act next. While it is not finished, this is a moment in the past, so that the grain is woken every minute: where
    /// its memory was lost, this has it go on. A finished order is deleted at that moment.
    /// </summary>
    [JsonIgnore] public DateTimeOffset NextMoment => FinishedAt is { } at ? at + KeptFinished : CreatedAt;

    /// <summary>A new order. One that names its ids has them as its only batch.</summary>
    public static BulkOrder New(BulkOrderId id, BulkAction action, BulkScope scope, Actor by) =>
        new() { Id = id, Action = action, Scope = scope, By = by, Batch = scope.Ids };

    /// <summary>The order as its grain keeps it.</summary>
    /// <param name="now">By the clock of the grain's node, which may be later than that of the node that gave the order.</param>
    public BulkOrder Begin(DateTimeOffset now) => this with { Until = (now > CreatedAt ? now : CreatedAt) + Skew };

    /// <summary>Checks an order that was given, before it is kept.</summary>
    /// <param name="id">The id that it is kept under.</param>
    /// <exception cref="OutOfBoundsException">It is not within bounds, has another id, or is not new.</exception>
    public void MustBeNew(string id) => Bounds.Demand(
        BulkOrderId.TryParse(id, out var own) && own == Id ? null : "id must be the order's own",
        Bounds.Defined("action", Action),
        Bounds.Present("scope", Scope),
        Scope?.WhyNot(),
        Bounds.Present("by", By),
        Actor.WhyNot(By),
        Scope is not null && By is not null && this == New(Id, Action, Scope, By) ? null : "a new order must not have been worked on");

    /// <summary>Whether it has been finished for so long that it is to be deleted.</summary>
    public bool IsOver(DateTimeOffset now) => IsFinished && now >= NextMoment;

    /// <summary>How many more are taken into the batch; none while very many have failed and wait to be tried again.</summary>
    [JsonIgnore] public int Room => EachInBatch.Count < MostWaiting ? BatchSize : 0;

    /// <summary>Adds the results of the batch. Ids without one stay in it.</summary>
    public BulkOrder Record(IReadOnlyDictionary<string, BulkResult> results)
    {
        var ids = EachInBatch;
        return this with
        {
            Batch = IdList.JoinOrNull(ids.Where(id => !results.ContainsKey(id))),
            Done = Done + Count(BulkResult.Done),
            // Of all, those are meant that stay: one that ended by itself meanwhile is none of them.
            AlreadyEnded = AlreadyEnded + (Scope.Ids is null ? 0 : Count(BulkResult.AlreadyEnded)),
            NotFound = IdList.Add(NotFound, With(BulkResult.NotFound), BulkScope.MostIds),
            Unreadable = IdList.Add(Unreadable, With(BulkResult.Unreadable), BulkScope.MostIds),
        };

        int Count(BulkResult result) => With(result).Count;
        IReadOnlyList<string> With(BulkResult result) =>
            [.. ids.Where(id => results.TryGetValue(id, out var became) && became == result)];
    }

    /// <summary>
    /// Takes more into the batch, or finishes where there is nothing left. An order for all passes over the table until a pass has ended
    /// none: a guest may have been written behind the place where the first pass was.
    /// </summary>
    /// <param name="found">
    /// The next of those that the order is for, after <see cref="After"/>, at most <see cref="Room"/>; none where there are no more.
    /// </param>
    public BulkOrder Take(IReadOnlyList<string> found, DateTimeOffset now)
    {
        if (found.Count > 0)
            // Those that have failed come last: they may take long to fail again.
            return this with { Batch = IdList.Join(found.Union(EachInBatch)), After = found[^1] };
        if (Batch is not null)
            return this;
        return Scope.Ids is null && Done > DoneBefore
            ? this with { After = null, DoneBefore = Done }
            : this with { FinishedAt = now };
    }
}
