using System.Collections.Concurrent;
using System.Diagnostics;
using Couch.Tests.Support;
using Couch.VersSimulator;
using Couch.VersSimulator.Calls;
using Couch.VersSimulator.Faults;
using Xunit;

namespace Couch.Tests.Gateway;

/// <summary>Settings in files, and their exchange while the couch runs.</summary>
public sealed class SettingsFolderTests : IDisposable
{
    /// <summary>
    /// Ten seconds are promised, which <see cref="SettingsRotationTests"/> hold by the clock. The rest is for processes that share a busy
    /// machine with other tests: less than a hanging provider is waited for.
    /// </summary>
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(15);

    private readonly TemporaryFolder folder = new();

    private string Settings => folder["settings"];

    public SettingsFolderTests() => Directory.CreateDirectory(Settings);

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task A_host_key_is_exchanged_without_a_restart()
    {
        Set("COUCH_AUTH_TOKEN", "the first key of this couch\n");
        await using var couch = await Start();
        Assert.Equal(200, await Lists(couch, "the first key of this couch"));

        Set("COUCH_AUTH_TOKEN", "the second key of this couch");
        await Until.True(async () => await Lists(couch, "the second key of this couch") is 200, Soon, "the new key counts");
        Assert.Equal(401, await Lists(couch, "the first key of this couch"));

        File.Delete(Path.Combine(Settings, "COUCH_AUTH_TOKEN"));
        await IsRefused(couch, "COUCH_AUTH_TOKEN was set or taken away");
        Assert.Equal(200, await Lists(couch, "the second key of this couch"));
        await couch.End();
        Assert.DoesNotContain("key of this couch", couch.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_folder_that_is_exchanged_by_its_link_as_kubernetes_does_is_read_anew()
    {
        var files = new[] { folder["one"], folder["two"] };
        foreach (var (path, key) in files.Zip(["the key before the link", "the key behind the link"]))
        {
            Directory.CreateDirectory(path);
            File.WriteAllText(Path.Combine(path, "COUCH_AUTH_TOKEN"), key);
        }

        File.CreateSymbolicLink(Path.Combine(Settings, "..data"), files[0]);
        File.CreateSymbolicLink(Path.Combine(Settings, "COUCH_AUTH_TOKEN"), Path.Combine("..data", "COUCH_AUTH_TOKEN"));
        await using var couch = await Start();
        Assert.Equal(200, await Lists(couch, "the key before the link"));

        File.CreateSymbolicLink(Path.Combine(Settings, "..next"), files[1]);
        using (var moved = Process.Start("mv", ["-T", Path.Combine(Settings, "..next"), Path.Combine(Settings, "..data")]))
            await moved.ToEnd();
        await Until.True(async () => await Lists(couch, "the key behind the link") is 200, Soon, "the new key counts");
    }

    [Fact]
    public async Task Signing_keys_are_exchanged_in_steps_and_what_shares_none_is_refused()
    {
        var (first, second) = (Some.Key(), Some.Key());
        Set("COUCH_SIGNING_KEY", first);
        await using var couch = await Start();
        var old = await couch.Anyone.Invite();

        Set("COUCH_SIGNING_KEY", second);
        await IsRefused(couch, "has none of the keys that count so far");
        Set("COUCH_SIGNING_KEY", "no key at all");
        await IsRefused(couch, "must be standard base64");
        Assert.Contains("couch.settings.refused", couch.Output, StringComparison.Ordinal);
        (await couch.Anyone.Redeem(await couch.Anyone.Invite())).Is(201);

        Set("COUCH_SIGNING_KEY", $"{second},{first}");
        await Until.True(async () => await Said(couch) is null, Soon, "both count");
        await Until.True(
            () => Task.FromResult(couch.Output.Contains("couch.settings.exchanged COUCH_SIGNING_KEY", StringComparison.Ordinal)),
            Soon, "it is said");
        var young = await couch.Anyone.Invite();

        Set("COUCH_SIGNING_KEY", second);
        await Until.True(async () => (await Preview(couch, old)).Status is 404, Soon, "the first key counts no more");
        (await Preview(couch, young)).Is(200);
        Assert.DoesNotContain(second, couch.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Nodes_exchange_their_signing_key_in_rounds_without_a_restart_and_one_that_has_the_new_key_alone_joins_them()
    {
        await using var database = await PostgresServer.NewDatabase();
        var (first, second) = (Some.Key(), Some.Key());
        Set("COUCH_SIGNING_KEY", first);
        var settings = NodeSettings.Of(database.ConnectionString, "").And([KeyValuePair.Create("COUCH_SETTINGS_DIR", Settings)]);
        await using var one = await CouchProcess.Start(settings);
        await using var other = await CouchProcess.Start(settings);
        var guest = await one.Anyone.Arrive();

        foreach (var (round, keys) in new[] { $"{first},{second}", $"{second},{first}", second }.Index())
        {
            Set("COUCH_SIGNING_KEY", keys);
            foreach (var node in new[] { one, other })
                await Until.True(
                    () => Task.FromResult(node.Output.Split("couch.settings.exchanged COUCH_SIGNING_KEY").Length - 1 > round), Soon,
                    "it is said");
            Assert.Equal(
                round < 2 ? 200 : 404, (await other.Anyone.Get($"/couch/status?token={guest["authToken"]}")).Status);
        }

        await using var third = await CouchProcess.Start(NodeSettings.Of(database.ConnectionString, second));
        foreach (var node in new[] { one, other, third })
        {
            // Any of the three has the guest; each is asked by way of all.
            var young = await node.Anyone.Arrive();
            foreach (var asked in new[] { one, other, third })
                (await asked.Anyone.Get($"/couch/status?token={young["authToken"]}")).Is(200);
        }
    }

    [Fact]
    public async Task A_providers_key_counts_once_the_provider_accepts_it_and_a_golden_commit_from_the_next_guest_on()
    {
        await using var vers = await SimulatedVers.Start(new() { BootDelay = TimeSpan.Zero, OtherKey = "the-other-account-key" });
        Set("VERS_API_KEY", vers.Options.Key);
        Set("GOLDEN_COMMIT_ID", "00000000-0000-4000-8000-000000000bad");
        await using var couch = await Start(("VERS_API_URL", $"{vers.Url}"));
        var early = await couch.Anyone.Arrive();
        await Until.True(async () => (await couch.Anyone.Get($"/couch/guests/{early["guestId"]}"))["status"] is "stopped", Soon,
            "there is no such commit");

        Set("VERS_API_KEY", "another-account-key");
        await IsRefused(couch, "VERS_API_KEY was exchanged, and the new one does not open the account");
        Set("VERS_API_KEY", vers.Options.Key);
        Set("GOLDEN_COMMIT_ID", $"{vers.Options.Commit}");
        await Until.True(
            () => Task.FromResult(
                couch.Output.Contains("couch.settings.exchanged VERS_API_KEY, GOLDEN_COMMIT_ID", StringComparison.Ordinal)),
            Soon, "it is said");

        await IsServed(couch);

        // A commit that the account does not have would fail every guest.
        Set("GOLDEN_COMMIT_ID", "00000000-0000-4000-8000-000000000bad");
        await IsRefused(couch, "GOLDEN_COMMIT_ID was exchanged, and the new one cannot be used");
        Set("VERS_API_KEY", vers.Options.OtherKey!);
        await IsRefused(couch, "GOLDEN_COMMIT_ID was exchanged, and the new one cannot be used");
        Assert.Contains("404 commit not found: 00000000-0000-4000-8000-000000000bad", await Said(couch), StringComparison.Ordinal);
        await Until.True(
            () => Task.FromResult(couch.Output.Contains("couch.settings.refused: GOLDEN_COMMIT_ID", StringComparison.Ordinal)), Soon,
            "it is logged");
        await IsServed(couch);

        Set("GOLDEN_COMMIT_ID", $"{vers.Options.Commit}");
        await Until.True(async () => await Said(couch) is null, Soon, "the other key counts");
        await IsServed(couch);
        Assert.DoesNotContain("account-key", couch.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_host_key_counts_while_a_provider_that_hangs_is_asked_about_its_own()
    {
        await using var vers = await SimulatedVers.Start(new() { OtherKey = "the-other-account-key" });
        Set("COUCH_AUTH_TOKEN", "the first key of this couch");
        Set("VERS_API_KEY", vers.Options.Key);
        await using var couch = await Start(("VERS_API_URL", $"{vers.Url}"), ("GOLDEN_COMMIT_ID", $"{vers.Options.Commit}"));
        var lists = vers.Journal.Count(Call.List);
        vers.Faults.Always(Call.List, new Effect.Hang());
        Set("VERS_API_KEY", vers.Options.OtherKey!);
        await Until.True(() => Task.FromResult(vers.Journal.Count(Call.List) > lists), Soon, "the provider is asked");

        Set("COUCH_AUTH_TOKEN", "the second key of this couch");
        await Until.True(async () => await Lists(couch, "the second key of this couch") is 200, Soon, "the new key counts");
    }

    [Fact]
    public async Task A_signing_key_that_is_given_to_a_node_with_one_of_its_own_counts_beside_that_and_is_refused_without()
    {
        await using var couch = await Start();
        var invite = await couch.Anyone.Invite();
        var own = File.ReadAllText(Path.Combine(folder["data"], "signing.key")).Trim();

        Set("COUCH_SIGNING_KEY", Some.Key());
        await IsRefused(couch, "COUCH_SIGNING_KEY has not the key that this node made for itself");
        (await Preview(couch, invite)).Is(200);

        Set("COUCH_SIGNING_KEY", $"{Some.Key()},{own}");
        await Until.True(async () => await Said(couch) is null, Soon, "both count");
        var young = await couch.Anyone.Invite();
        await couch.KillHard();
        await couch.StartAgain();
        foreach (var code in new[] { invite, young })
            (await Preview(couch, code)).Is(200);

        File.Delete(Path.Combine(Settings, "COUCH_SIGNING_KEY"));
        await IsRefused(couch, "COUCH_SIGNING_KEY was taken away");
    }

    [Fact]
    public async Task A_process_that_is_not_ready_names_a_refused_setting_too()
    {
        await using var database = await PostgresServer.NewDatabase();
        Set("COUCH_AUTH_TOKEN", "the key of this gateway");
        await using var gateway = await CouchProcess.StartUnready(NodeSettings.Of(database.ConnectionString).And(
            [KeyValuePair.Create("COUCH_SETTINGS_DIR", Settings), KeyValuePair.Create("COUCH_ROLE", "gateway")]));
        Assert.DoesNotContain("settings", (await gateway.Anyone.Get("/health/ready")).Refuses(503).Fields);

        File.Delete(Path.Combine(Settings, "COUCH_AUTH_TOKEN"));
        await Until.True(
            async () => (await gateway.Anyone.Get("/health/ready")).Refuses(503)["settings"]?.Contains(
                "COUCH_AUTH_TOKEN was set or taken away", StringComparison.Ordinal) is true, Soon, "it is said");
    }

    [Fact]
    public async Task A_collectors_key_may_be_in_a_file_that_its_setting_names()
    {
        var received = new ConcurrentQueue<string>();
        await using var collector = await StubServer.Start(http =>
        {
            received.Enqueue($"{http.Request.Headers["x-collector-key"]}");
            return Task.CompletedTask;
        });
        File.WriteAllText(folder["headers"], "x-collector-key=the key of the collector\n");
        await using var couch = await Start(
            ("OTEL_EXPORTER_OTLP_ENDPOINT", $"{collector.Address}"), ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf"),
            ("OTEL_EXPORTER_OTLP_HEADERS_FILE", folder["headers"]), ("OTEL_METRIC_EXPORT_INTERVAL", "200"));

        await Until.True(() => Task.FromResult(!received.IsEmpty), Soon, "the collector is sent something");
        Assert.All(received, key => Assert.Equal("the key of the collector", key));
        Assert.DoesNotContain("the key of the collector", couch.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_secret_may_be_in_a_file_that_its_setting_names()
    {
        File.WriteAllText(folder["key"], "the key in a file\n");
        await using var couch = await CouchProcess.Start(
            new() { ["COUCH_DATA_DIR"] = folder["data"], ["COUCH_AUTH_TOKEN_FILE"] = folder["key"] });
        Assert.Equal(200, await Lists(couch, "the key in a file"));

        File.WriteAllText(folder["key"], "the next key in a file");
        await Until.True(async () => await Lists(couch, "the next key in a file") is 200, Soon, "the new key counts");
    }

    [Theory]
    [InlineData("COUCH_SETTINGS_DIR", "/nowhere/at/all", "which is no folder")]
    [InlineData("OTEL_EXPORTER_OTLP_HEADERS_FILE", "/nowhere/at/all", "names a file that cannot be read")]
    [InlineData("COUCH_AUTH_TOKEN_FILE", "/nowhere/at/all", "names a file that cannot be read")]
    public async Task What_is_not_there_is_refused_at_start(string name, string value, string words)
    {
        var (code, output) = await CouchProcess.RunToEnd(new() { ["COUCH_DATA_DIR"] = folder["data"], [name] = value });
        Assert.Equal(1, code);
        Assert.Contains($"{name} names", output, StringComparison.Ordinal);
        Assert.Contains(words, output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_secret_that_is_given_twice_is_refused()
    {
        File.WriteAllText(folder["key"], "the key in a file");
        var (_, output) = await CouchProcess.RunToEnd(
            new() { ["COUCH_DATA_DIR"] = folder["data"], ["COUCH_AUTH_TOKEN"] = "another", ["COUCH_AUTH_TOKEN_FILE"] = folder["key"] });
        Assert.Contains("COUCH_AUTH_TOKEN and COUCH_AUTH_TOKEN_FILE are both set", output, StringComparison.Ordinal);
    }

    private void Set(string name, string value) => File.WriteAllText(Path.Combine(Settings, name), value);

    private Task<CouchProcess> Start(params (string Name, string Value)[] more) => CouchProcess.Start(
        new Dictionary<string, string> { ["COUCH_DATA_DIR"] = folder["data"], ["COUCH_SETTINGS_DIR"] = Settings }
            .And(more.Select(one => KeyValuePair.Create(one.Name, one.Value))));

    private static async Task IsServed(CouchProcess couch)
    {
        var guest = await couch.Anyone.Arrive();
        Assert.Equal("running", (await couch.Anyone.Get($"/couch/status?token={guest["authToken"]}&wait=60")).Is(200)["status"]);
    }

    private static async Task<int> Lists(CouchProcess couch, string key) =>
        (await couch.Anyone.Sending("Authorization", "Bearer " + key).Get("/couch/guests")).Status;

    private static Task<Answer> Preview(CouchProcess couch, Answer invite) =>
        couch.Anyone.Get($"/couch/invites/preview?code={invite["code"]}");

    private static async Task<string?> Said(CouchProcess couch) => (await couch.Anyone.Get("/health/ready")).Is(200)["settings"];

    private static Task IsRefused(CouchProcess couch, string words) => Until.True(
        async () => (await Said(couch))?.Contains(words, StringComparison.Ordinal) is true, Soon, $"readiness says: {words}");
}
