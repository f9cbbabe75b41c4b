using Couch.Domain.Bulk;

namespace Couch.Gateway.Bulk;

/// <summary>How far an order is, in the protocol's words.</summary>
internal sealed record BulkOutcome(int Done, int AlreadyEnded, IReadOnlyList<FailedView> Failed)
{
    /// <param name="noIds">What was sent as an id, and cannot be one.</param>
    public static BulkOutcome Of(BulkOrder order, IReadOnlyList<string> noIds) => new(
        order.Done, order.AlreadyEnded,
        [
            .. Failures(order.Action, order.Scope, noIds.Concat(order.EachNotFound)),
            .. order.EachUnreadable.Select(id => new FailedView { Id = id, Error = Unreadable(order.Action) }),
        ]);

    /// <summary>Those that were not found.</summary>
    public static IEnumerable<FailedView> Failures(BulkAction action, BulkScope scope, IEnumerable<string> notFound) =>
        notFound.Select(id => new FailedView
        {
            Id = id, Error = NotFound(action) + (scope.IsFiltered ? " with this createdBy and label" : ""),
        });

    private static string NotFound(BulkAction action) => action is BulkAction.KillGuests ? "guest not found" : "invite not found";

    private static string Unreadable(BulkAction action) =>
        $"the stored row of this {(action is BulkAction.KillGuests ? "guest" : "invite")} cannot be read by this version of the couch";
}
