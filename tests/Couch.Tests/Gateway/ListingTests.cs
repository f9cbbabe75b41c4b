using Couch.Cluster;
using Couch.Tests.Support;
using Xunit;

namespace Couch.Tests.Gateway;

public sealed class ListingTests
{
    [Fact]
    public async Task Lists_are_read_page_by_page_newest_first()
    {
        await using var couch = await CouchHost.Start();
        var made = new List<string>();
        for (var i = 0; i < 5; i++)
            made.Add((await couch.Anyone.Arrive())["guestId"]!);

        foreach (var noun in new[] { "guests", "invites" })
        {
            var read = new List<string>();
            var sizes = new List<int>();
            for (string? cursor = ""; cursor is not null;)
            {
                var page = (await couch.Anyone.Get($"/couch/{noun}?limit=2&cursor={cursor}")).Is(200);
                read.AddRange(page.Json[noun]!.AsArray().Select(row => row!["id"]!.ToString()));
                sizes.Add((int)page.Json["count"]!);
                cursor = page["nextCursor"];
            }

            Assert.Equal([2, 2, 1], sizes);
            Assert.Equal(read.OrderDescending(StringComparer.Ordinal), read);
            if (noun == "guests")
                Assert.Equal(made.Order(StringComparer.Ordinal), read.Order(StringComparer.Ordinal));
        }
    }

    [Fact]
    public async Task Filters_mean_the_status_as_of_now()
    {
        await using var couch = await CouchHost.Start();
        var host = couch.Anyone;
        var active = await host.Invite();
        var overdue = await host.OverdueInvite();
        var revoked = await host.Invite();
        await host.Delete($"/couch/invites/{revoked["id"]}");
        var guest = await host.Arrive();

        async Task<IEnumerable<string>> Ids(string path, string noun) =>
            (await host.Get(path)).Is(200).Json[noun]!.AsArray().Select(row => row!["id"]!.ToString());

        Assert.Equal([active["id"]!], await Ids("/couch/invites?status=active", "invites"));
        Assert.Equal([overdue["id"]!], await Ids("/couch/invites?status=expired", "invites"));
        Assert.Equal([revoked["id"]!], await Ids("/couch/invites?status=revoked", "invites"));
        Assert.Equal([guest["guestId"]!], await Ids("/couch/guests?status=provisioning", "guests"));
        Assert.Empty(await Ids("/couch/guests?status=running", "guests"));
        Assert.Equal(4, (await Ids("/couch/invites?status=", "invites")).Count());
    }

    [Fact]
    public async Task Lists_are_narrowed_down_by_what_invites_say_and_by_the_guests_name()
    {
        await using var couch = await CouchHost.Start();
        var host = couch.Anyone;
        async Task<string> Arrives(string createdBy, string label, string name) =>
            (await host.Redeem(await host.Invite(new { createdBy, label }), name)).Is(201)["guestId"]!;
        async Task Gives(string query, params string[] guests)
        {
            var page = (await host.Get($"/couch/guests?{query}")).Is(200);
            Assert.Equal(guests.Order(), page.Json["guests"]!.AsArray().Select(row => row!["id"]!.ToString()).Order());
        }

        var ada = await Arrives("ada", "nightly", "Worker-1");
        var other = await Arrives("ada", "", "worker-2");
        var noah = await Arrives("noah", "nightly", "Ärger");
        await host.Invite(new { createdBy = "ada", label = "nightly" });

        await Gives("createdBy=ada", ada, other);
        await Gives("createdBy=Ada");
        await Gives("label=nightly", ada, noah);
        await Gives("createdBy=ada&label=nightly&status=provisioning", ada);
        await Gives("createdBy=ada&status=expired");
        await Gives("name=WORK", ada, other);
        await Gives("name=worker-2&createdBy=ada", other);
        await Gives("name=%C3%84r", noah);
        await Gives("name=orker");
        await Gives("name=%25");
        await Gives("createdBy=&label=&name=", ada, other, noah);

        var first = (await host.Get("/couch/guests?createdBy=ada&limit=1")).Is(200);
        Assert.Equal(other, first["nextCursor"]);
        Assert.Equal(ada, (string?)(await host.Get($"/couch/guests?createdBy=ada&limit=1&cursor={other}")).Is(200).Json["guests"]![0]!["id"]);
        Assert.Equal(2, (int)(await host.Get("/couch/invites?createdBy=ada&label=nightly")).Is(200).Json["count"]!);
        Assert.Equal(1, (int)(await host.Get("/couch/invites?createdBy=ada&label=nightly&status=active")).Is(200).Json["count"]!);
        Assert.Equal(0, (int)(await host.Get("/couch/invites?createdBy=nobody")).Is(200).Json["count"]!);
    }

    [Fact]
    public async Task What_a_list_is_asked_is_checked()
    {
        await using var couch = await CouchHost.Start();
        foreach (var noun in new[] { "invites", "guests" })
        {
            foreach (var limit in new[] { "0", "1001", "-1", "1.5", "x", "99999999999", "%31%00", "1&limit=2" })
                (await couch.Anyone.Get($"/couch/{noun}?limit={limit}")).Refuses(400, "limit must be a whole number from 1 to 1000");
            foreach (var cursor in new[] { "x", "01m856tmtr357368qfx5x4bgr0",
                "01M856TMTR357368QFX5X4BGR0&cursor=01M856TMTR357368QFX5X4BGR0" })
                (await couch.Anyone.Get($"/couch/{noun}?cursor={cursor}")).Refuses(400, "cursor must be the nextCursor of a page before");
        }

        (await couch.Anyone.Get("/couch/invites?status=open")).Refuses(400, "status must be one of active, redeemed, revoked, expired");
        (await couch.Anyone.Get("/couch/guests?status=Running")).Refuses(
            400, "status must be one of provisioning, running, stopped, expired, revoked");
        (await couch.Anyone.Get("/couch/guests?status=running&status=stopped")).Refuses(400);
        (await couch.Anyone.Get($"/couch/guests?name={new string('x', 129)}")).Refuses(400, "name must be at most 128 characters");
        (await couch.Anyone.Get("/couch/invites?label=a%00b")).Refuses(400, "label must not contain control characters");
    }
}
