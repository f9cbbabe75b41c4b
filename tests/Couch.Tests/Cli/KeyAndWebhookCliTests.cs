using System.Text.RegularExpressions;
using Couch.Tests.Console;
using Couch.Tests.Support;
using Couch.Tests.Webhooks;
using Xunit;

namespace Couch.Tests.Cli;

/// <summary>Host keys and webhooks, whose secrets are shown once.</summary>
public sealed class KeyAndWebhookCliTests(KeyedWebhookHost couch) : IClassFixture<KeyedWebhookHost>, IDisposable
{
    private readonly Person noah = new(couch.Address, KeyedWebhookHost.Key);

    public void Dispose() => noah.Dispose();

    [Fact]
    public async Task A_key_is_made_listed_shown_and_revoked()
    {
        var made = (await noah.Runs(
            "key", "create", "--name", "watcher", "--scope", "guests,events", "--scope", "meter", "--expires", "2h")).Ok().Rows[0];
        Assert.StartsWith("couch_", made["key"], StringComparison.Ordinal);
        Assert.Equal("guests,meter,events", made["scopes"]);

        Assert.Contains((await noah.Runs("key", "list")).Ok().Rows, row => row["id"] == made["id"] && row["name"] == "watcher");
        Assert.DoesNotContain(made["key"], (await noah.Runs("key", "list", "--json", "--show-secrets")).Ok().Out, StringComparison.Ordinal);
        (await noah.Runs("key", "revoke", made["id"])).Refuses(2, "--yes");
        Assert.NotEqual("", (await noah.Runs("key", "revoke", made["id"], "--yes")).Ok().Rows[0]["revokedAt"]);
        Assert.NotEqual("", (await noah.Runs("key", "show", made["id"])).Ok().Rows[0]["revokedAt"]);
    }

    [Fact]
    public async Task A_key_that_is_printed_alone_opens_what_it_may()
    {
        (await noah.Scripts(
            "couch key create --name w --scope guests --quiet > key.txt && COUCH_AUTH_TOKEN= couch guest list --key-file key.txt")).Ok();
        (await noah.Runs("key", "create", "--name", "w", "--scope", "everything")).Refuses(2, "scopes must each be one of");
    }

    [Fact]
    public async Task A_link_to_the_console_is_printed_alone_and_signs_in()
    {
        var ran = (await noah.Runs("console")).Ok();

        Assert.Matches($"^{Regex.Escape(couch.Address.AbsoluteUri)}console/sign-in#couch_ticket_[^\\s]+\n$", ran.Out);
        Assert.Matches("within [45]m", ran.Error);
        Assert.DoesNotContain("couch_ticket_", ran.Error, StringComparison.Ordinal);
        var ticket = ran.Out.Trim().Split('#')[1];
        (await couch.Anyone.AsConsole().Post("/couch/console/sign-in", new { ticket })).Is(200);
        Assert.StartsWith(
            couch.Address.AbsoluteUri, (string)(await noah.Runs("console", "--json")).Ok().Json["link"]!, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_webhook_is_made_tested_resumed_and_deleted()
    {
        await using var receiver = await Receiver.Start();
        var made = (await noah.Runs("webhook", "create", receiver.Url, "--type", "couch.guest.*", "--description", "mine")).Ok().Rows[0];
        Assert.StartsWith("whsec_", made["secret"], StringComparison.Ordinal);
        var id = made["id"];

        Assert.Equal("true", (await noah.Runs("webhook", "test", id)).Ok().Rows[0]["delivered"]);
        receiver.Answer(500);
        var failed = (await noah.Runs("webhook", "test", id)).Ends(1);
        Assert.Equal(("false", "500"), (failed.Rows[0]["delivered"], failed.Rows[0]["status"]));
        Assert.Contains("the receiver has not accepted it", failed.Error, StringComparison.Ordinal);
        Assert.Equal("active", (await noah.Runs("webhook", "resume", id)).Ok().Rows[0]["state"]);
        Assert.Equal("mine", (await noah.Runs("webhook", "show", id)).Ok().Rows[0]["description"]);
        Assert.Contains((await noah.Runs("webhook", "list", "--quiet")).Ok().Lines, line => line == id);
        (await noah.Runs("webhook", "delete", id)).Refuses(2, "--yes");
        (await noah.Runs("webhook", "delete", id, "--yes")).Ok();
        (await noah.Runs("webhook", "show", id)).Refuses(3, "webhook not found");
    }
}

/// <summary>A couch with a host key, whose webhooks may lead to this machine.</summary>
public sealed class KeyedWebhookHost() : CouchHost([$"--COUCH_AUTH_TOKEN={Key}", "--COUCH_WEBHOOK_PRIVATE=true"])
{
    public const string Key = "a host's key, for tests";
}
