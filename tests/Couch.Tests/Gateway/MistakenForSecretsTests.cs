using Couch.Tests.Support;
using Xunit;

namespace Couch.Tests.Gateway;

/// <summary>What only looks like a secret is kept out of logs all the same, and is read as it was sent.</summary>
public sealed class MistakenForSecretsTests
{
    [Fact]
    public async Task A_filter_that_looks_like_a_secret_still_filters_and_pages()
    {
        const string label = "inv_2026_customer_acme_batch_07";
        await using var couch = await CouchHost.Start();
        var host = couch.Anyone;
        var labelled = new List<string>();
        for (var i = 0; i < 3; i++)
        {
            labelled.Add((await host.Arrive(new { createdBy = "ada", label }))["guestId"]!);
            await host.Arrive(new { createdBy = "ada" });
        }

        var read = new List<string>();
        for (string? cursor = ""; cursor is not null;)
        {
            Assert.True(read.Count < 6, "it pages for ever");
            var page = (await host.Get($"/couch/guests?status=provisioning&label={label}&limit=2&cursor={cursor}")).Is(200);
            read.AddRange(page.Json["guests"]!.AsArray().Select(row => row!["id"]!.ToString()));
            cursor = page["nextCursor"];
        }

        Assert.Equal(labelled.Order(StringComparer.Ordinal), read.Order(StringComparer.Ordinal));
        (await host.Get($"/couch/guests?LABEL={label.Replace("_", "%5f", StringComparison.Ordinal)}&status=asleep")).Refuses(400);
        Assert.Equal("0", (await host.Get($"/couch/events?agent=guest_{new string('a', 64)}")).Is(200)["count"]);
    }
}
