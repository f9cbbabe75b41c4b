using Couch.Domain.Bulk;
using Couch.Domain.Keys;
using Couch.Domain.Values;
using Couch.Tests.Support;
using Xunit;

namespace Couch.Tests.Bulk;

/// <summary>What an order remembers, so that a crash between any two of its writes costs nothing but time.</summary>
public sealed class BulkOrderTests
{
    private static readonly string[] Three = ["01M000000000000000000AAAA1", "01M000000000000000000AAAA2", "01M000000000000000000AAAA3"];

    [Fact]
    public void An_order_for_ids_has_them_as_its_only_batch_and_is_finished_with_it()
    {
        var order = Order(BulkScope.Of(Three.Append(Three[0])));
        Assert.Equal(Three, order.EachInBatch);

        var done = order.Record(new Dictionary<string, BulkResult>
        {
            [Three[0]] = BulkResult.Done,
            [Three[1]] = BulkResult.AlreadyEnded,
            [Three[2]] = BulkResult.NotFound,
        }).Take([], Some.Time);

        Assert.True(done.IsFinished);
        Assert.Equal((1, 1), (done.Done, done.AlreadyEnded));
        Assert.Equal([Three[2]], done.EachNotFound);
        Assert.Equal(Some.Time + BulkOrder.KeptFinished, done.NextMoment);
    }

    [Fact]
    public void An_order_for_all_passes_over_the_table_until_a_pass_ends_none()
    {
        var order = Order(BulkScope.Of(null)).Record(new Dictionary<string, BulkResult>()).Take(Three[..2], Some.Time);
        Assert.Equal(Three[1], order.After);

        order = order.Record(Results(BulkResult.Done, Three[..2])).Take([], Some.Time);
        Assert.False(order.IsFinished);
        Assert.Null(order.After);
        order = order.Record(Results(BulkResult.Done)).Take(Three[2..], Some.Time);
        order = order.Record(Results(BulkResult.Unreadable, Three[2..])).Take([], Some.Time);

        Assert.True(order.IsFinished);
        Assert.Equal(2, order.Done);
        Assert.Equal([Three[2]], order.EachUnreadable);
    }

    [Fact]
    public void One_that_fails_holds_up_no_other_and_is_tried_again()
    {
        var order = Order(BulkScope.Of(null)).Record(new Dictionary<string, BulkResult>()).Take(Three[..2], Some.Time);

        order = order.Record(Results(BulkResult.Done, Three[1])).Take(Three[2..], Some.Time);
        Assert.Equal([Three[2], Three[0]], order.EachInBatch);
        order = order.Record(Results(BulkResult.Done, Three[2])).Take([], Some.Time);
        Assert.Equal([Three[0]], order.EachInBatch);
        Assert.False(order.IsFinished);
        order = order.Record(Results(BulkResult.Done, Three[0])).Take([], Some.Time).Record(Results(BulkResult.Done)).Take([], Some.Time);

        Assert.True(order.IsFinished);
        Assert.Equal(3, order.Done);
    }

    [Fact]
    public void While_it_is_not_finished_it_is_woken_again_and_again()
    {
        var order = Order(BulkScope.Of(Three));
        Assert.True(order.NextMoment <= Some.Time);
        Assert.False(order.IsOver(Some.Time + TimeSpan.FromDays(1)));
    }

    [Fact]
    public void What_another_process_sends_as_a_new_order_is_checked()
    {
        var order = Order(BulkScope.Of(Three));
        order.MustBeNew(order.Id.Value);

        Refuses(order, "another");
        Refuses(order with { Done = 1 });
        Refuses(order with { Batch = null });
        Refuses(order with { By = null! });
        Refuses(order with { Scope = null! });
        Refuses(order with { Action = (BulkAction)9 });
        Refuses(Order(BulkScope.Of([])));
        Refuses(Order(BulkScope.Of(["no id"])));
        Refuses(Order(BulkScope.Of(null, createdBy: new('x', 129))));
        Refuses(Order(BulkScope.Of(null, label: "a\0b")));

        static void Refuses(BulkOrder order, string? id = null) =>
            Assert.Throws<OutOfBoundsException>(() => order.MustBeNew(id ?? order.Id.Value));
    }

    private static Dictionary<string, BulkResult> Results(BulkResult result, params string[] ids) => ids.ToDictionary(id => id, _ => result);

    private static BulkOrder Order(BulkScope scope) =>
        BulkOrder.New(BulkOrderId.New(Some.Time, Some.Random), BulkAction.KillGuests, scope, Actor.Configured);
}
