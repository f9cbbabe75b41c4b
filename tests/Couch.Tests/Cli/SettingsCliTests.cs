using System.Runtime.Versioning;
using Couch.Tests.Support;
using Xunit;

namespace Couch.Tests.Cli;

/// <summary>Which couch is asked, as whom, and where secrets come from.</summary>
[UnsupportedOSPlatform("windows")]
public sealed class SettingsCliTests(KeyedCouchHost couch) : IClassFixture<KeyedCouchHost>, IDisposable
{
    private readonly Person noah = new();

    public void Dispose() => noah.Dispose();

    [Fact]
    public async Task A_context_keeps_an_address_and_a_key_in_a_file_of_its_owner_alone()
    {
        var key = noah.File("key.txt", KeyedCouchHost.Key + "\n");

        (await noah.Runs("context", "set", "home", "--url", couch.Address.AbsoluteUri, "--key-file", key)).Ok();

        var file = noah.Home["config/couch/contexts.json"];
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
        Assert.Equal(
            UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(Path.GetDirectoryName(file)!));
        // The first one is used at once.
        (await noah.Runs("guest", "list")).Ok();
    }

    [Fact]
    public async Task Contexts_are_listed_used_and_removed_and_never_show_a_key()
    {
        await Set("one", couch.Address.AbsoluteUri, KeyedCouchHost.Key);
        await Set("two", "http://localhost:1", null);

        var list = (await noah.Runs("context", "list", "--show-secrets")).Ok();
        Assert.Equal(["one * true", "two  false"], list.Rows.Select(row => $"{row["name"]} {row["current"]} {row["hasKey"]}"));
        Assert.DoesNotContain(KeyedCouchHost.Key, list.Out + (await noah.Runs("context", "list", "--json")).Out, StringComparison.Ordinal);

        (await noah.Runs("context", "use", "two")).Ok();
        (await noah.Runs("guest", "list")).Ends(7);
        (await noah.Runs("guest", "list", "--context", "one")).Ok();
        (await noah.Runs("context", "remove", "two")).Ok();
        Assert.Equal("one", Assert.Single((await noah.Runs("context", "list")).Ok().Rows)["name"]);
    }

    [Fact]
    public async Task A_flag_wins_over_the_environment_and_that_over_the_file()
    {
        await Set("file", "http://localhost:1", null);
        (await noah.Runs("guest", "list")).Refuses(7, "localhost:1");

        noah.Environment["COUCH_URL"] = "http://localhost:2";
        (await noah.Runs("guest", "list")).Refuses(7, "localhost:2");
        // Who names a context means it.
        (await noah.Runs("guest", "list", "--context", "file")).Refuses(7, "localhost:1");
        (await noah.Runs("guest", "list", "--url", "http://localhost:3")).Refuses(7, "localhost:3");

        noah.Environment["COUCH_AUTH_TOKEN"] = "a wrong key";
        (await noah.Runs("guest", "list", "--url", couch.Address.AbsoluteUri)).Refuses(4, "COUCH_AUTH_TOKEN");
        var key = noah.File("key.txt", KeyedCouchHost.Key);
        (await noah.Runs("guest", "list", "--url", couch.Address.AbsoluteUri, "--key-file", key)).Ok();
    }

    [Fact]
    public async Task A_key_that_is_stored_for_one_couch_is_not_sent_to_another()
    {
        string? sent = "nothing was asked";
        await using var other = await StubServer.Start(context =>
        {
            sent = context.Request.Headers.Authorization;
            context.Response.StatusCode = 401;
            return Task.CompletedTask;
        });
        await Set("home", couch.Address.AbsoluteUri, KeyedCouchHost.Key);

        (await noah.Runs("guest", "list", "--url", other.Address.AbsoluteUri)).Refuses(4, "the key of context home was not sent");

        Assert.Null(sent);
        // Nor is it kept where the context is led elsewhere.
        (await noah.Runs("context", "set", "home", "--url", other.Address.AbsoluteUri)).Ok();
        Assert.Equal("false", (await noah.Runs("context", "list")).Ok().Rows[0]["hasKey"]);
    }

    [Fact]
    public async Task A_redirect_is_not_followed_with_a_key_or_a_code()
    {
        var asked = 0;
        await using var elsewhere = await StubServer.Start(_ =>
        {
            Interlocked.Increment(ref asked);
            return Task.CompletedTask;
        });
        await using var old = await StubServer.Start(context =>
        {
            (context.Response.StatusCode, context.Response.Headers.Location) = (307, elsewhere.Address.AbsoluteUri);
            return Task.CompletedTask;
        });

        (await noah.Pipes("inv_x", "redeem", "--name", "x", "--url", old.Address.AbsoluteUri)).Refuses(1, "redirect (307)");

        Assert.Equal(0, asked);
    }

    [Fact]
    public async Task Secrets_come_from_files_and_standard_input_and_never_from_arguments()
    {
        noah.Environment["COUCH_URL"] = couch.Address.AbsoluteUri;
        (await noah.Pipes(KeyedCouchHost.Key + "\n", "guest", "list", "--key-file", "-")).Ok();
        (await noah.Runs("guest", "list", "--key", KeyedCouchHost.Key)).Refuses(2, "--key");
        foreach (var command in new[] { "redeem inv_0123456789", "redeem --name x --code inv_0123456789", "stay --token=guest_0123456789" })
        {
            var ran = (await noah.Runs(command.Split(' '))).Refuses(2, "does not belong into the arguments");
            Assert.DoesNotContain("0123456789", ran.Error, StringComparison.Ordinal);
        }

        (await noah.Pipes("", "guest", "list", "--key-file", "-")).Refuses(2, "standard input is empty");
        (await noah.Pipes("inv_x", "redeem", "--name", "x", "--key-file", "-", "--code-file", "-")).Refuses(2, "only one secret");
        (await noah.Runs("guest", "list", "--key-file", noah.File("two.txt", "one\ntwo"))).Refuses(2, "several lines");
        // No help names an option that takes a secret itself.
        var help = (await noah.Scripts("couch redeem --help; couch stay --help; couch guest list --help")).Ok().Out;
        Assert.DoesNotMatch("--(key|code|token|secret) ", help);
    }

    [Fact]
    public async Task A_file_of_contexts_that_others_can_read_is_warned_about_and_a_damaged_one_is_in_nobodys_way()
    {
        await Set("home", couch.Address.AbsoluteUri, KeyedCouchHost.Key);
        var file = noah.Home["config/couch/contexts.json"];
        File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.OtherRead);
        Assert.Contains("chmod 600", (await noah.Runs("guest", "list")).Ok().Error, StringComparison.Ordinal);

        await File.WriteAllTextAsync(file, "{");
        (await noah.Runs("guest", "list")).Refuses(1, "contexts.json cannot be read");
        (noah.Environment["COUCH_URL"], noah.Environment["COUCH_AUTH_TOKEN"]) = (couch.Address.AbsoluteUri, KeyedCouchHost.Key);
        (await noah.Runs("guest", "list")).Ok();
    }

    private async Task Set(string name, string url, string? key)
    {
        string[] keyed = key is null ? [] : ["--key-file", noah.File("key.txt", key)];
        (await noah.Runs(["context", "set", name, "--url", url, .. keyed])).Ok();
    }
}
