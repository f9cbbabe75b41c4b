using System.Net.Http.Headers;
using System.Text;
using Couch.Tests.Support;
using Couch.VersSimulator.Calls;
using Couch.VersSimulator.Vms;
using Xunit;

namespace Couch.Tests.VersSimulator;

public sealed class VmTests
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task A_vm_boots_and_then_runs()
    {
        await using var account = await VersAccount.Open();
        var vm = await account.Create();
        Assert.Equal("booting", await account.State(vm));

        account.Clock.Advance(account.Vers.Options.BootDelay);
        Assert.Equal("running", await account.State(vm));
    }

    [Fact]
    public async Task A_vm_is_made_from_a_commit_a_tag_or_a_reference()
    {
        await using var account = await VersAccount.Open();
        var options = account.Vers.Options;

        foreach (var body in new object[] { new { commit_id = options.Commit }, new { tag_name = options.Tag },
            new { @ref = options.Ref } })
            Assert.Equal(201, (await account.Call(HttpMethod.Post, "vm/from_commit", body)).Status);
        Assert.All(account.Vers.Vms.All, vm => Assert.Equal(options.Commit, vm.Commit));
    }

    [Fact]
    public async Task An_unknown_commit_is_not_found_and_no_commit_at_all_is_invalid()
    {
        await using var account = await VersAccount.Open();

        Assert.Equal(404, (await account.Call(HttpMethod.Post, "vm/from_commit", new { commit_id = Guid.Empty })).Status);
        Assert.Equal(400, (await account.Call(HttpMethod.Post, "vm/from_commit", new { commit_id = "golden" })).Status);
        Assert.Equal(400, (await account.Call(HttpMethod.Post, "vm/from_commit", new { })).Status);
        Assert.Empty(account.Vers.Vms.All);
    }

    [Fact]
    public async Task A_commits_ancestry_is_that_of_the_one_commit_there_is()
    {
        await using var account = await VersAccount.Open();

        var (status, body) = await account.Get($"vm/commits/{account.Vers.Options.Commit}/parents");
        Assert.Equal(200, status);
        Assert.Equal($"{account.Vers.Options.Commit}", body!.AsArray().Single()!["id"]!.GetValue<string>());
        Assert.Equal(404, (await account.Get($"vm/commits/{Guid.Empty}/parents")).Status);
    }

    [Fact]
    public async Task Labels_are_added_to_those_there_are_and_listed()
    {
        await using var account = await VersAccount.Open();
        var vm = await account.Create();
        Assert.Null((await account.Get("vms")).Body![0]!["labels"]);

        Assert.Equal(200, await account.Claim(vm, "ada"));
        await account.Call(HttpMethod.Patch, $"vm/{vm}/label", new { labels = new { more = "yes" } });

        var listed = (await account.Get("vms")).Body!.AsArray().Single()!;
        Assert.Equal("ada", listed["labels"]!["couch.guest"]!.GetValue<string>());
        Assert.Equal("yes", listed["labels"]!["more"]!.GetValue<string>());
        Assert.Equal(400, await account.Claim(Guid.Empty, "ada"));
    }

    [Fact]
    public async Task Destroying_waits_for_the_boot_unless_told_not_to()
    {
        await using var account = await VersAccount.Open();
        var vm = await account.Create();
        Assert.Equal(400, (await account.Call(HttpMethod.Delete, $"vm/{vm}?skip_wait_boot=true")).Status);

        var destroying = account.Destroy(vm);
        await Until.True(() => Task.FromResult(account.Vers.Journal.Count(Call.Destroy) is 2), Soon, "the call is there");
        Assert.Equal("booting", await account.State(vm));

        await Until.True(() =>
        {
            account.Clock.Advance(account.Vers.Options.BootDelay);
            return Task.FromResult(destroying.IsCompleted);
        }, Soon, "it is destroyed");
        Assert.Equal(200, await destroying);
        Assert.Empty(account.Vers.Vms.Left);
    }

    [Fact]
    public async Task A_destroyed_vm_is_not_found_and_its_metadata_says_since_when()
    {
        await using var account = await VersAccount.Open();
        var vm = await account.CreateAndBoot();
        Assert.Null((await account.Get($"vm/{vm}/metadata")).Body!["deleted_at"]);

        Assert.Equal(200, await account.Destroy(vm));

        Assert.Equal(404, await account.Destroy(vm));
        Assert.Equal(404, (await account.Get($"vm/{vm}/status")).Status);
        var metadata = (await account.Get($"vm/{vm}/metadata")).Body!;
        Assert.Equal(account.Clock.GetUtcNow(), metadata["deleted_at"]!.GetValue<DateTimeOffset>());
        Assert.Equal(account.Vers.Options.Commit, metadata["parent_commit_id"]!.GetValue<Guid>());
    }

    [Fact]
    public async Task A_file_comes_back_as_it_was_written()
    {
        await using var account = await VersAccount.Open();
        var vm = await account.CreateAndBoot();
        var content = Convert.ToBase64String(Encoding.UTF8.GetBytes("ssh-ed25519 AAAA ada\n"));
        const string path = "/root/.ssh/authorized_keys";

        Assert.Equal(500, (await account.Call(HttpMethod.Put, $"vm/{vm}/files", new { path, content_b64 = content })).Status);
        Assert.Equal(
            200,
            (await account.Call(
                HttpMethod.Put, $"vm/{vm}/files", new { path, content_b64 = content, mode = 384, create_dirs = true })).Status);

        Assert.Equal(content, (await account.Get($"vm/{vm}/files?path={path}")).Body!["content_b64"]!.GetValue<string>());
        Assert.Equal("ssh-ed25519 AAAA ada\n", account.Vers.Vms.Look(vm)!.Files[path]);
        Assert.Equal(404, (await account.Get($"vm/{vm}/files?path=/root/other")).Status);
    }

    [Theory]
    [InlineData(VmState.Booting)]
    [InlineData(VmState.Paused)]
    [InlineData(VmState.Sleeping)]
    [InlineData(VmState.Dead)]
    public async Task Nothing_runs_in_a_vm_that_does_not(VmState state)
    {
        await using var account = await VersAccount.Open();
        var vm = await account.CreateAndBoot();
        account.Vers.Vms.Put(vm, state);

        Assert.Equal(state.ToString().ToLowerInvariant(), await account.State(vm));
        Assert.Equal(500, (await account.Call(HttpMethod.Post, $"vm/{vm}/exec", new { command = new[] { "true" } })).Status);
    }

    [Fact]
    public async Task A_disk_only_grows()
    {
        await using var account = await VersAccount.Open();
        var vm = await account.CreateAndBoot();
        var size = account.Vers.Options.DiskMib;

        Assert.Equal(400, (await account.Call(HttpMethod.Patch, $"vm/{vm}/disk", new { fs_size_mib = size })).Status);
        Assert.Equal(200, (await account.Call(HttpMethod.Patch, $"vm/{vm}/disk", new { fs_size_mib = size + 1 })).Status);
        Assert.Equal(size + 1, account.Vers.Vms.Look(vm)!.DiskMib);
    }

    [Fact]
    public async Task The_kernels_figures_are_those_that_were_set()
    {
        await using var account = await VersAccount.Open();
        var vm = await account.CreateAndBoot();
        account.Clock.Advance(TimeSpan.FromSeconds(60));
        account.Vers.Vms.Use(vm, used => used with { CpuSeconds = 12.5, MemoryUsedKib = 1000, DiskUsedKib = 2000, SentBytes = 3000 });

        Assert.StartsWith("cpu  1250 0 0 10750 ", (await account.Exec(vm, "cat", "/proc/stat")).Stdout, StringComparison.Ordinal);
        Assert.Matches(@"MemAvailable: +2096152 kB\n", (await account.Exec(vm, "/bin/cat", "/proc/meminfo")).Stdout);
        Assert.Matches(@"eth0: +\d+ +\d+ +0 +0 +0 +0 +0 +0 +3000 ", (await account.Exec(vm, "cat", "/proc/net/dev")).Stdout);
        Assert.Matches(@"/dev/vda +8388608 +2000 +8386608 +1% /\n", (await account.Exec(vm, "df", "-k", "/")).Stdout);
        Assert.Equal((0, "60.00 107.50\n"), await account.Exec(vm, "cat", "/proc/uptime"));
    }

    [Fact]
    public async Task A_shell_joins_commands_and_does_not_know_the_others()
    {
        await using var account = await VersAccount.Open();
        var vm = await account.CreateAndBoot();

        Assert.Equal(
            (0, "0.00 0.00\n-- x\n"), await account.Exec(vm, "sh", "-c", "cat /proc/uptime && echo '--' x; cat /none 2>/dev/null || true"));
        Assert.Equal(127, (await account.Exec(vm, "reboot")).ExitCode);
        Assert.Equal(127, (await account.Exec(vm, "sh", "-c", "cat /proc/stat | head -n 1")).ExitCode);
        Assert.Equal(1, (await account.Exec(vm, "sh", "-c", "cat /none && echo never")).ExitCode);
    }

    [Fact]
    public async Task Without_a_key_it_is_401_and_with_another_403()
    {
        await using var account = await VersAccount.Open();

        account.Http.DefaultRequestHeaders.Authorization = null;
        var (status, body) = await account.Get("vms");
        Assert.Equal(401, status);
        Assert.False(body!["success"]!.GetValue<bool>());
        Assert.NotEmpty(body["error"]!.GetValue<string>());

        account.Http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", "another");
        Assert.Equal(403, (await account.Get("vms")).Status);
    }

    [Fact]
    public async Task What_is_no_call_is_answered_in_the_providers_shape()
    {
        await using var account = await VersAccount.Open();

        Assert.False((await account.Get("nothing")).Body!["success"]!.GetValue<bool>());
        var (status, body) = await account.Call(HttpMethod.Post, "vm/from_commit", 1);
        Assert.Equal(400, status);
        Assert.False(body!["success"]!.GetValue<bool>());
    }

    [Fact]
    public async Task Five_hundred_creates_at_once_make_five_hundred_vms()
    {
        await using var account = await VersAccount.Open();

        var made = await Task.WhenAll(Enumerable.Range(0, 500).Select(async n =>
        {
            var vm = await account.Create();
            Assert.Equal(200, await account.Claim(vm, $"guest {n}"));
            return vm;
        }));

        Assert.Equal(500, made.Distinct().Count());
        Assert.Equal(made.Order(), account.Vers.Vms.Left.Select(vm => vm.Id).Order());
        Assert.Equal(1, account.Vers.Vms.MostClaimedByOneGuest);
        Assert.All(account.Vers.Journal.Entries, call => Assert.NotNull(call.Outcome!.Replied));
    }

    [Fact]
    public async Task The_most_claims_of_one_guest_are_remembered_when_they_are_over()
    {
        await using var account = await VersAccount.Open();
        var (first, second, third) = (await account.Create(), await account.Create(), await account.CreateAndBoot());
        await account.Claim(first, "ada");
        await account.Claim(second, "ada");
        await account.Destroy(first);
        await account.Claim(third, "grace");
        await account.Claim(third, "ada");

        Assert.Equal(2, account.Vers.Vms.MostClaimedBy("ada"));
        Assert.Equal(1, account.Vers.Vms.MostClaimedBy("grace"));
        Assert.Equal(2, account.Vers.Vms.MostClaimedByOneGuest);
    }
}
