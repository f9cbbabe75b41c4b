using Couch.Client;
using Couch.Tests.Support;
using Xunit;

namespace Couch.Tests.Client;

/// <summary>Lists are longer than a page.</summary>
public sealed class ListingClientTests(CouchHost couch) : IClassFixture<CouchHost>
{
    [Fact]
    public async Task Invites_and_guests_come_newest_first_over_several_pages()
    {
        var recorder = new Recorder();
        using var http = Clients.Over(recorder);
        var client = Clients.Of(couch, http: http);
        var made = new List<string>();
        for (var turn = 0; turn < 7; turn++)
            made.Add((await client.Invites.Create(new() { CreatedBy = "lists", Label = $"{turn}" })).Id);
        made.Reverse();
        var own = (Invite invite) => invite.CreatedBy == "lists";

        Assert.Equal(made, (await client.Invites.List(new() { PageSize = 3 }).ToList()).Where(own).Select(invite => invite.Id));
        Assert.True(recorder.Calls.Count(call => call.Operation == "GET /couch/invites") >= 3);
        var pages = await client.Invites.Pages(new() { PageSize = 3, Status = InviteStatus.Active }).ToList();
        Assert.All(pages, page => Assert.Equal(page.Count, page.Invites.Count));
        Assert.All(pages, page => Assert.Empty(page.Unreadable));
        Assert.Equal(made, pages.SelectMany(page => page.Invites).Where(own).Select(invite => invite.Id));

        foreach (var id in made.Take(5))
            await client.Redeem((await client.Invites.Get(id)).Code, "listed");
        var guests = await client.Guests.List(new() { PageSize = 2, Status = GuestStatus.Provisioning }).ToList();
        Assert.Equal(made.Take(5).Reverse(), guests.Where(guest => guest.Name == "listed").Select(guest => guest.InviteId));
        Assert.Empty(await client.Guests.List(new() { Status = GuestStatus.Running }).ToList());
    }

    [Fact]
    public async Task Events_come_oldest_first_over_several_pages()
    {
        var client = Clients.Of(couch);
        for (var turn = 0; turn < 5; turn++)
            await client.Invites.Create(new() { CreatedBy = "has, a comma", Label = $"{turn}" });

        var events = await client.Events.List(
            new() { Agent = "has, a comma", Types = [EventTypes.AllOfInvites, EventTypes.KeyCreated], PageSize = 2 }).ToList();

        Assert.Equal(["0", "1", "2", "3", "4"], events.Select(happened => happened.Said("label")));
        Assert.Equal(
            ["3", "4"],
            (await client.Events.List(new() { Agent = "has, a comma", SinceId = events[2].Id, Since = events[0].Timestamp }).ToList())
                .Select(happened => happened.Said("label")));
        Assert.Equal(
            ["3", "2", "1"],
            (await client.Events.List(new()
            {
                Agent = "has, a comma", NewestFirst = true, BeforeId = events[4].Id, SinceId = events[0].Id, PageSize = 2,
            }).ToList()).Select(happened => happened.Said("label")));
        Assert.Empty(await client.Events.List(new() { Agent = "has, a comma", Exclude = [EventTypes.AllOfInvites] }).ToList());
        Assert.Equal(2, (await client.Events.Pages(new() { Agent = "has, a comma", PageSize = 3 }).ToList()).Count);
        var stats = await client.Events.Stats();
        Assert.True(stats.ByType[EventTypes.InviteCreated] >= 5);
        Assert.True(stats.NewestId >= events[^1].Id);
    }

    [Fact]
    public async Task A_list_stops_where_its_reader_stops()
    {
        var recorder = new Recorder();
        using var http = Clients.Over(recorder);
        var client = Clients.Of(couch, http: http);
        for (var turn = 0; turn < 3; turn++)
            await client.Invites.Create(new() { CreatedBy = "stops" });

        await foreach (var _ in client.Invites.List(new() { PageSize = 1 }))
            break;

        Assert.Single(recorder.Calls, call => call.Operation == "GET /couch/invites");
        using var cancel = new CancellationTokenSource();
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => client.Invites.List(cancel: cancel.Token).ToList());
    }

    [Fact]
    public async Task Every_filter_is_sent()
    {
        using var stub = new StubCouch();
        stub.Says("""{"invites":[],"count":0,"nextCursor":null}""").Says("""{"guests":[],"count":0,"nextCursor":null}""");

        await stub.Client().Invites.List(new() { Status = "active", CreatedBy = "a b", Label = "x&y", PageSize = 5 }).ToList();
        await stub.Client().Guests.List(
            new() { Status = "running", CreatedBy = "a b", Label = "x&y", Name = "ünter", PageSize = 5 }).ToList();

        Assert.Equal(
            [
                "GET /under/couch/invites?status=active&createdBy=a%20b&label=x%26y&limit=5",
                "GET /under/couch/guests?status=running&createdBy=a%20b&label=x%26y&name=%C3%BCnter&limit=5",
            ],
            stub.Seen.Select(request => request.Line));
    }
}
