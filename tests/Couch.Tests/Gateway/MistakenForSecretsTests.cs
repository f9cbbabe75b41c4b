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

    [Theory]
    [InlineData("application")]
    [InlineData("127.0.0.1")]
    [InlineData("createdBy")]
    [InlineData("application/json")]
    public async Task A_host_key_that_is_a_word_of_every_request_breaks_none(string key)
    {
        await using var couch = await CouchHost.Start($"--COUCH_AUTH_TOKEN={key}");
        var host = couch.With(key);

        var invite = (await host.Post("/couch/invites", new { createdBy = "noah" })).Is(201);
        (await host.Post("/couch/invites", new { createdBy = "ada" })).Is(201);
        Assert.Equal("1", (await host.Get("/couch/invites?createdBy=noah")).Is(200)["count"]);
        var block = (await couch.Anyone.Sending("Accept", "text/plain").Get("/join")).Is(200).Body;
        Assert.Contains(couch.Address.Authority, block, StringComparison.Ordinal);
        (await couch.Anyone.Redeem(invite)).Is(201);
    }
}
