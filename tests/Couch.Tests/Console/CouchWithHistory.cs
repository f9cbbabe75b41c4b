using Couch.Cluster.Storage;
using Couch.Tests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace Couch.Tests.Console;

/// <summary>A couch, with pretended VMs, in which something of everything has happened.</summary>
internal sealed class CouchWithHistory : IAsyncDisposable
{
    public const string Key = KeyedCouchHost.Key;

    private const string Main = "document.querySelector('.tools .main').click();";
    private const string Danger = "document.querySelector('.list .danger').click();";
    private const string Many = "[...document.querySelectorAll('.tools button')].at(-1).click();";
    private const string Fill = "document.querySelector('dialog input').value = 'https://receiver.example/';";
    private const string Send = "document.querySelector('dialog form').requestSubmit();";
    private const string Count = "document.querySelector('dialog .main').click();";

    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(60);

    // What they use of 50 million tokens, of 10 GB to the network, of 20 GB of disk and of 4 GB of memory.
    private static readonly (string Name, string Label, double Share)[] Stays =
    [
        ("reviewer-1", "nightly build", 0.12), ("reviewer-2", "nightly build", 0.74), ("crawler", "price watch", 0.93),
        ("summarizer", "inbox", 0.41), ("translator", "docs", 0.05), ("test-runner", "nightly build", 0.58),
    ];

    private string guest = "";
    private string invite = "";

    private CouchWithHistory(CouchHost host) => Host = host;

    public CouchHost Host { get; }

    public static async Task<CouchWithHistory> Start()
    {
        var lived = new CouchWithHistory(await CouchHost.Start("--COUCH_DEMO=true", $"--COUCH_AUTH_TOKEN={Key}"));
        await lived.Live();
        return lived;
    }

    /// <summary>Each view: its name, its address, and what is seen once it is there.</summary>
    public IEnumerable<(string Name, string Address, string Until)> Views() =>
    [
        ("guests", "", "document.querySelectorAll('.row').length >= 8 && document.querySelector('.card.good')"),
        ("guest", $"?guest={guest}", "document.querySelectorAll('.timeline li').length >= 4"),
        ("invites", "?view=invites", "document.querySelectorAll('.row').length >= 9"),
        ("invite", $"?invite={invite}", "document.querySelector('.timeline li')"),
        ("events", "?view=events", "document.querySelectorAll('.row').length >= 10"),
        ("keys", "?view=keys", "document.querySelector('.list td')"),
        ("webhooks", "?view=webhooks", "document.querySelector('.list td')"),
        ("charts", "?view=charts", "document.querySelectorAll('.chart svg').length === 3"),
        ("charts-of-use", "?view=charts",
            "document.querySelectorAll('.chart svg').length === 3 && (document.querySelector('.chart:last-child').scrollIntoView(), true)"),
        ("events-filtered", "?view=events&type=couch.guest.killed", "document.querySelectorAll('.row').length > 2"),
    ];

    /// <summary>Dialogs: their name, where they are asked for, by which keys or script, and what is seen in them then.</summary>
    public IEnumerable<(string Name, string Address, string[] Keys, string Script, string Until)> Dialogs() =>
    [
        ("write-an-invite", "", ["n"], "0", "form"), ("kill", "", ["j", "x"], "0", "#kill"),
        ("extend", $"?guest={guest}", ["e"], "0", "form"), ("revoke", $"?invite={invite}", ["x"], "0", ".danger"),
        ("help", "", ["?"], "0", "kbd"), ("code-shown", "", ["n"], Fill + Send, "#join-link"),
        ("make-a-key", "?view=keys", [], Main, "form"), ("revoke-a-key", "?view=keys", [], Danger, ".danger"),
        ("key-shown", "?view=keys", [], Main + Fill + "document.querySelector('dialog [type=checkbox]').click();" + Send, "#key"),
        ("make-a-webhook", "?view=webhooks", [], Main, "form"), ("delete-a-webhook", "?view=webhooks", [], Danger, ".danger"),
        ("secret-shown", "?view=webhooks", [], Main + Fill + Send, "#secret"),
        ("end-many", "", [], Many, "select"), ("end-many-counted", "", [], Many + Count, ".danger"),
        ("revoke-many", "?view=invites", [], Many, "select"), ("revoke-many-counted", "?view=invites", [], Many + Count, ".danger"),
    ];

    public ValueTask DisposeAsync() => Host.DisposeAsync();

    private async Task Live()
    {
        var host = Host.With(Key);
        var ids = new List<string>();
        foreach (var (name, label, share) in Stays)
        {
            var made = await host.Invite(new { createdBy = "noah", label, enforcement = "report" });
            var id = (await Host.Anyone.Redeem(made, name)).Is(201)["guestId"]!;
            ids.Add(id);
            await Has(host, id, "running");
            (await host.Put($"/couch/guests/{id}/usage", new
            {
                tokensUsed = (long)(50_000_000 * share), networkEgressGB = 10 * share * 0.6, diskUsedGB = 20 * share * 0.8,
                memoryPeakMB = 4096 * share, cpuSeconds = 3600 * share,
            })).Is(200);
        }

        guest = ids[2];
        (await host.Post($"/couch/guests/{guest}/extend", new { hours = 2 })).Is(200);
        foreach (var id in ids[4..])
            (await host.Delete($"/couch/guests/{id}")).Is(200);
        await Has(host, ids[4], "revoked");
        var left = (await Host.Anyone.Redeem(await host.Invite(new { createdBy = "ada", label = "one-off" }), "left-early")).Is(201);
        await Has(host, left["guestId"]!, "running");
        (await Host.Anyone.Post("/couch/checkout", new { token = left["authToken"] })).Is(200);
        (await host.Invite(new { createdBy = "ada", label = "weekend" })).Is(201);
        invite = (await host.Invite(new { createdBy = "noah", label = "for the auditors" })).Is(201)["id"]!;
        (await host.Post("/couch/keys", new { name = "meter of the proxy", scopes = new[] { "meter" } })).Is(201);
        (await host.Post("/couch/webhooks", new { url = "http://receiver.example/couch", description = "paging" })).Is(201);
        await Host.Anyone.Redeem(await host.Invite(new { createdBy = "noah", label = "docs" }), "reviewer-3");
        await Past();
        // Nothing is owed once all that have ended have their receipts.
        await Until.True(
            async () => (int)(await host.Get("/couch/summary")).Json["owed"]!["destroysOutstanding"]! == 0, Bound, "all receipts are here");
    }

    /// <summary>An hour of stays that have come and gone, as the log has them; their rows are past what is kept.</summary>
    private async Task Past() => await Host.App.Services.GetRequiredService<CouchDatabase>().Rows(
        """
        WITH RECURSIVE n(number) AS (SELECT 1 UNION ALL SELECT number + 1 FROM n WHERE number < 90),
        stay(number, came, went, how) AS (
          SELECT number, 3500 - number * 36 - (number * number) % 90, 2600 - number * 28 - (number * number * 7) % 500,
            CASE number % 5 WHEN 0 THEN 'killed' WHEN 1 THEN 'expired' ELSE 'stopped' END
          FROM n),
        step(number, ago, type) AS (
          SELECT number, came, 'couch.invite.redeemed' FROM stay UNION ALL
          SELECT number, came - 20, 'couch.guest.activated' FROM stay UNION ALL
          SELECT number, MAX(1, MIN(went, came - 60)), 'couch.guest.' || how FROM stay),
        timed(number, at, type) AS (
          SELECT number, strftime('%Y-%m-%dT%H:%M:%fZ', 'now', '-' || MAX(ago, 1) || ' seconds'), type FROM step ORDER BY ago DESC)
        INSERT INTO event (id, at, type, record)
        SELECT (SELECT COALESCE(MAX(id), 0) FROM event) + row_number() OVER (ORDER BY at), at, type,
          '{"eventId":"x","timestamp":"' || at || '","source":"couch","type":"' || type || '","agent":"past-' || number
          || '","payload":{"guestId":null,"guestName":"past-' || number || '","vmId":"vm"},"metadata":{"by":null} }'
        FROM timed
        """);

    private static Task Has(Caller host, string id, string status) => Until.True(
        async () => (await host.Get($"/couch/guests/{id}"))["status"] == status, Bound, $"{id} is {status}");
}
