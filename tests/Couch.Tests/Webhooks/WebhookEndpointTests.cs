using System.Net;
using Couch.Cluster.Webhooks;
using Couch.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace Couch.Tests.Webhooks;

/// <summary>A host makes webhooks, looks at them, tries them out, and has others refused.</summary>
public sealed class WebhookEndpointTests(WebhookHost couch) : IClassFixture<WebhookHost>
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task A_webhook_is_made_shown_listed_and_deleted_and_its_secret_is_shown_once()
    {
        await using var receiver = await Receiver.Start();
        var made = (await couch.Anyone.Post(
            "/couch/webhooks", new { url = receiver.Url, types = new[] { "couch.guest.*", "couch.vm.destroyed" }, description = "pager" }))
            .Is(201);
        Assert.Matches("^whsec_[A-Za-z0-9+/]{43}=$", made["secret"]);
        Assert.Equal($"/couch/webhooks/{made["id"]}", made.Header("Location"));

        var shown = (await couch.Anyone.Get($"/couch/webhooks/{made["id"]}")).Is(200);
        Assert.Equal(
            "behind createdAt createdWith deliveredId description failingSince id lastError nextAttemptAt state types url",
            string.Join(' ', shown.Fields));
        Assert.Equal((receiver.Url, "pager", "active", "0"), (shown["url"], shown["description"], shown["state"], shown["behind"]));
        Assert.Equal("""["couch.guest.*","couch.vm.destroyed"]""", shown.Json["types"]!.ToJsonString());
        var list = (await couch.Anyone.Get("/couch/webhooks?limit=1000")).Is(200);
        Assert.Contains(list.Json["webhooks"]!.AsArray(), one => (string?)one!["id"] == made["id"]);
        Assert.DoesNotContain("whsec_", shown.Body + list.Body, StringComparison.Ordinal);

        (await couch.Anyone.Delete($"/couch/webhooks/{made["id"]}")).Is(204);
        (await couch.Anyone.Delete($"/couch/webhooks/{made["id"]}")).Refuses(404, "webhook not found");
        (await couch.Anyone.Get($"/couch/webhooks/{made["id"]}")).Refuses(404);
        (await couch.Anyone.Post($"/couch/webhooks/{made["id"]}/resume")).Refuses(404);
        (await couch.Anyone.Post($"/couch/webhooks/{made["id"]}/test")).Refuses(404);
        (await couch.Anyone.Get("/couch/webhooks/x")).Refuses(404);
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("""{"url":""}""")]
    [InlineData("""{"url":"example.com"}""")]
    [InlineData("""{"url":"ftp://example.com"}""")]
    [InlineData("""{"url":"http://user:password@example.com"}""")]
    [InlineData("""{"url":"http://example.com","types":[]}""")]
    [InlineData("""{"url":"http://example.com","types":["couch.nothing"]}""")]
    [InlineData("""{"url":"http://example.com","types":["couch.guest.killed",null]}""")]
    [InlineData("""{"url":"http://example.com","types":"couch.nothing"}""")]
    [InlineData("""{"url":"http://example.com","types":""}""")]
    [InlineData("""{"url":"http://example.com","types":"couch.guest.killed,"}""")]
    [InlineData("""{"url":"http://example.com","types":7}""")]
    [InlineData("""{"url":"http://example.com","types":[["couch.guest.killed"]]}""")]
    public async Task What_cannot_be_is_refused(string body) => (await couch.Anyone.Post("/couch/webhooks", body)).Refuses(400);

    [Theory]
    [InlineData("""["couch.guest.*","couch.vm.destroyed"]""", """["couch.guest.*","couch.vm.destroyed"]""")]
    [InlineData("\"couch.guest.*,couch.vm.destroyed\"", """["couch.guest.*","couch.vm.destroyed"]""")]
    [InlineData("\"couch.guest.killed\"", """["couch.guest.killed"]""")]
    [InlineData("null", null)]
    public async Task Types_are_a_list_or_one_text_with_commas(string types, string? shown)
    {
        var made = (await couch.Anyone.Post("/couch/webhooks", $$"""{"url":"http://example.com","types":{{types}}}""")).Is(201);
        Assert.Equal(shown, made.Json["types"]?.ToJsonString());
        (await couch.Anyone.Delete($"/couch/webhooks/{made["id"]}")).Is(204);
    }

    [Fact]
    public async Task A_test_is_sent_now_and_answers_what_the_receiver_said()
    {
        await using var receiver = await Receiver.Start(204);
        var made = (await couch.Anyone.Post("/couch/webhooks", new { url = receiver.Url })).Is(201);

        var taken = (await couch.Anyone.Post($"/couch/webhooks/{made["id"]}/test")).Is(200);
        Assert.Equal("delivered durationMs error status", string.Join(' ', taken.Fields));
        Assert.Equal(("true", "204", null), (taken["delivered"], taken["status"], taken["error"]));
        var test = receiver.Got.Single(one => one.Type == "couch.webhook.test");
        Assert.True(test.IsSignedBy(made["secret"]!));
        Assert.Equal((test.Id, 0L, made["id"]),
            ((string?)test.Json["eventId"], test.EventId, (string?)test.Json["payload"]!["webhookId"]));

        receiver.Answer(503);
        var refused = (await couch.Anyone.Post($"/couch/webhooks/{made["id"]}/test")).Is(200);
        Assert.Equal(("false", "503", "answered 503"), (refused["delivered"], refused["status"], refused["error"]));
        receiver.Answer((context, _) =>
        {
            context.Response.Redirect("http://127.0.0.1:1/elsewhere");
            return Task.CompletedTask;
        });
        var redirected = (await couch.Anyone.Post($"/couch/webhooks/{made["id"]}/test")).Is(200);
        Assert.Equal(("false", "302"), (redirected["delivered"], redirected["status"]));
        receiver.Answer((context, _) =>
        {
            context.Abort();
            return Task.CompletedTask;
        });
        var closed = (await couch.Anyone.Post($"/couch/webhooks/{made["id"]}/test")).Is(200);
        Assert.Equal(("false", null), (closed["delivered"], closed["status"]));
        Assert.NotNull(closed["error"]);
        Assert.Equal("active", (await couch.Anyone.Get($"/couch/webhooks/{made["id"]}"))["state"]);
        (await couch.Anyone.Delete($"/couch/webhooks/{made["id"]}")).Is(204);
    }

    [Fact]
    public async Task Without_leave_nothing_is_sent_to_this_machine_by_whatever_name()
    {
        await using var receiver = await Receiver.Start((context, _) =>
        {
            // The next attempt makes a connection of its own.
            context.Response.Headers.Connection = "close";
            return Task.CompletedTask;
        });
        string[] says = ["127.0.0.1"];
        await using var guarded = await CouchHost.Start(builder =>
        {
            builder.Services.AddSingleton<ResolveName>((_, _) => Task.FromResult(says.Select(IPAddress.Parse).ToArray()));
            // What stands at a public address stands here in this test.
            builder.Services.AddSingleton<Dial>(
                (to, cancel) => WebhookConnections.DialDirectly(new(IPAddress.Loopback, to.Port), cancel));
        });
        string[] hosts =
        [
            "127.0.0.1", "localhost", "2130706433", "0x7f.1", "[::1]", "[::ffff:127.0.0.1]", "[64:ff9b::7f00:1]", "a.example",
        ];
        foreach (var host in hosts)
        {
            var made = (await guarded.Anyone.Post("/couch/webhooks", new { url = $"http://{host}:{receiver.Port}/" })).Is(201);
            var answer = (await guarded.Anyone.Post($"/couch/webhooks/{made["id"]}/test")).Is(200);
            Assert.Equal(("false", null), (answer["delivered"], answer["status"]));
            Assert.Contains("no public address", answer["error"], StringComparison.Ordinal);
        }

        Assert.Empty(receiver.Got);
        var last = (await guarded.Anyone.Get("/couch/webhooks?limit=1")).Json["webhooks"]![0]!["id"]!;
        says = ["8.8.8.8"];
        Assert.Equal("true", (await guarded.Anyone.Post($"/couch/webhooks/{last}/test")).Is(200)["delivered"]);
        says = ["10.0.0.1"];
        Assert.Equal("false", (await guarded.Anyone.Post($"/couch/webhooks/{last}/test")).Is(200)["delivered"]);
        Assert.Single(receiver.Got);
    }

    [Fact]
    public async Task No_secret_is_in_the_database()
    {
        using var folder = new TemporaryFolder();
        await using var receiver = await Receiver.Start();
        string secret;
        await using (var own = await CouchHost.Start("--COUCH_WEBHOOK_PRIVATE=true", $"--COUCH_DATA_DIR={folder["own"]}"))
        {
            secret = (await own.Anyone.Post("/couch/webhooks", new { url = receiver.Url })).Is(201)["secret"]!;
            await own.Anyone.Invite();
            await receiver.Gets(1, Soon);
        }

        var files = Directory.GetFiles(folder["own"]);
        Assert.Contains(files, file => file.EndsWith("couch.db", StringComparison.Ordinal));
        foreach (var bytes in files.Select(File.ReadAllBytes))
        {
            Assert.Equal(-1, bytes.AsSpan().IndexOf(System.Text.Encoding.ASCII.GetBytes(secret["whsec_".Length..])));
            Assert.Equal(-1, bytes.AsSpan().IndexOf(Convert.FromBase64String(secret["whsec_".Length..])));
        }
    }
}

/// <summary>A couch that may send to this machine.</summary>
public sealed class WebhookHost() : CouchHost(["--COUCH_WEBHOOK_PRIVATE=true"]);
