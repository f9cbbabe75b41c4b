using System.Globalization;
using System.Text;
using Couch.Cluster.Vms;
using Couch.Cluster.Vms.Docker;
using Couch.Cluster.Vms.Vers;
using Couch.Tests.Support;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace Couch.Tests.Vms;

/// <summary>No more is read of a provider's answer than it may have, and what is in it is not believed.</summary>
public sealed class BoundedAnswersTests
{
    private const int Mebi = 1024 * 1024;
    private const string Uuid = "3f8a4b52-0d5e-4d0f-9d0b-7d0d6f6f3c11";
    private const string Id = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_vers_status_a_create_and_a_destroy_are_short()
    {
        await using var vers = await Vers.Start(200, Mebi);
        await TooLarge(() => vers.Api.Status(Uuid, Cancel), "look at VM", "64 KiB");
        await TooLarge(() => vers.Api.Create(Cancel), "create a VM", "64 KiB");
        await TooLarge(() => vers.Api.Destroy(Uuid, Cancel), "destroy VM", "64 KiB");
    }

    [Fact]
    public async Task A_vers_answer_that_never_ends_is_read_to_its_bound()
    {
        await using var vers = await Vers.Start(200, long.MaxValue);
        await TooLarge(() => vers.Api.Exec(Uuid, ["cat"], Cancel), "run a command", "256 KiB");
        await TooLarge(() => vers.Api.ReadFile(Uuid, "/etc/passwd", Cancel), "read /etc/passwd", "256 KiB");
        await TooLarge(() => vers.Api.List(Cancel), "list VMs", "32,768 KiB");
    }

    [Fact]
    public async Task A_vers_answer_that_claims_to_be_too_long_is_not_waited_for()
    {
        await using var vers = await Vers.Start(async call =>
        {
            call.Response.ContentLength = int.MaxValue;
            await call.Response.Body.FlushAsync();
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, call.RequestAborted).ConfigureAwait(
                ConfigureAwaitOptions.SuppressThrowing);
        });
        await TooLarge(() => vers.Api.Status(Uuid, Cancel), "look at VM", "64 KiB");
    }

    [Fact]
    public async Task A_vers_refusal_of_many_words_is_told_by_its_status()
    {
        await using var vers = await Vers.Start(503, Mebi);
        var refusal = await Assert.ThrowsAsync<VmProviderException>(() => vers.Api.Status(Uuid, Cancel));
        Assert.StartsWith($"Vers failed to look at VM {Uuid}: 503", refusal.Message, StringComparison.Ordinal);

        await using var gone = await Vers.Start(404, Mebi);
        Assert.Null(await gone.Api.Status(Uuid, Cancel));
        await gone.Api.Destroy(Uuid, Cancel);
    }

    [Theory]
    [InlineData("""{"vm_id":"../../account"}""")]
    [InlineData("""{"vm_id":"payroll-db"}""")]
    [InlineData("""{"vm_id":"3F8A4B52-0d5e-4d0f-9d0b-7d0d6f6f3c11\u0000"}""")]
    [InlineData("""{"vm_id":null}""")]
    [InlineData("""{"vm_id":7}""")]
    [InlineData("""{"vm_id":"3f8a4b52-0d5e-4d0f-9d0b-7d0d6f6f3c11","more":{"a":{"a":{"a":{"a":{"a":{"a":{"a":{"a":{}}}}}}}}}}""")]
    public async Task A_vers_vm_whose_id_is_no_UUID_or_whose_answer_is_too_deep_is_none(string answer)
    {
        await using var vers = await Vers.Start(200, answer);
        var refusal = await Assert.ThrowsAsync<VmProviderException>(() => vers.Api.Create(Cancel));
        Assert.StartsWith("Vers answered in no form that it promises when asked to create a VM", refusal.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(refusal.Message, char.IsControl);
    }

    [Fact]
    public async Task A_vers_vm_has_few_labels()
    {
        string Listed(int labels) =>
            $$"""[{"vm_id":"{{Uuid}}","created_at":"2026-11-23T12:00:00Z","state":"running","labels":{ {{string.Join(',', Enumerable.Range(0, labels).Select(n => $"\"l{n}\":\"\""))}} } }]""";

        await using (var vers = await Vers.Start(200, Listed(64)))
            Assert.Equal(64, Assert.Single(await vers.Api.List(Cancel)).Labels!.Count);
        await using (var vers = await Vers.Start(200, Listed(65)))
            await Assert.ThrowsAsync<VmProviderException>(() => vers.Api.List(Cancel));
        await using (var vers = await Vers.Start(200, Listed(1).Replace("\"l0\":\"\"", "\"l0\":{}", StringComparison.Ordinal)))
            await Assert.ThrowsAsync<VmProviderException>(() => vers.Api.List(Cancel));
        await using (var vers = await Vers.Start(200, Listed(0).Replace("{  }", "null", StringComparison.Ordinal)))
            Assert.Null(Assert.Single(await vers.Api.List(Cancel)).Labels);
    }

    [Fact]
    public async Task What_a_provider_says_is_told_in_plain_words()
    {
        await using var vers = await Vers.Start(500, """{"error":"no\u0000 VM\n\ud83d\udecb \u202e2026"}""");
        var refusal = await Assert.ThrowsAsync<VmProviderException>(() => vers.Api.Create(Cancel));
        Assert.Equal("Vers failed to create a VM: 500 no  VM 🛋  2026", refusal.Message);
    }

    [Fact]
    public async Task An_engines_answers_are_read_to_their_bounds()
    {
        await using var engine = await StubServer.Start(call => Flood(call, 200, long.MaxValue));
        using var host = Host(engine);
        await TooLarge(() => host.Observe("couch-x", Cancel), "inspect a sandbox", "1,024 KiB");
        await TooLarge(() => host.List(Cancel), "list sandboxes", "32,768 KiB");
        Assert.Contains("1,024 KiB", (await host.Check(Cancel))!.Sentence, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_engines_refusal_without_end_is_a_refusal_in_words()
    {
        await using var engine = await StubServer.Start(call => Flood(call, 500, long.MaxValue));
        using var host = Host(engine);
        await TooLarge(() => host.Destroy(Id, Cancel), "remove a sandbox", "1,024 KiB");
    }

    [Fact]
    public async Task A_guests_last_words_without_end_are_left_out()
    {
        await using var engine = await StubServer.Start(call => call.Request.Path.Value!.EndsWith("/logs", StringComparison.Ordinal)
            ? Flood(call, 200, long.MaxValue, frame: [1, 0, 0, 0, 0x7f, 0xff, 0xff, 0xff])
            : Say(call, 200, Container(Id)));
        using var host = Host(engine);
        Assert.Equal(VmSight.Dead, await host.Observe("couch-x", Cancel));
    }

    [Theory]
    [InlineData("../../images/all")]
    [InlineData("couch-x")]
    [InlineData("0123456789ABCDEF")]
    [InlineData("")]
    public async Task A_sandbox_whose_id_is_no_containers_id_is_not_believed(string id)
    {
        await using var engine = await StubServer.Start(call => call.Request.Path.Value!.EndsWith("/containers/json",
            StringComparison.Ordinal)
            ? Say(call, 200, $$"""[{"Id":"{{id}}","Labels":{"couch.guest":"x"} }]""")
            : Say(call, 200, Container(id)));
        using var host = Host(engine);
        Assert.Contains("no container's id", (await Assert.ThrowsAsync<VmProviderException>(() => host.Observe("couch-x", Cancel))).Message,
            StringComparison.Ordinal);
        Assert.Contains("no container's id", (await Assert.ThrowsAsync<VmProviderException>(() => host.List(Cancel))).Message,
            StringComparison.Ordinal);
    }

    private static string Container(string id) =>
        $$"""{"Id":"{{id}}","Name":"/couch-x","Config":{"Labels":{} },"State":{"Status":"exited","ExitCode":1,"StartedAt":"2026-11-23T12:00:00Z","FinishedAt":"2026-11-23T12:00:01Z"} }""";

    private static DockerProvider Host(StubServer engine) =>
        new(new() { Image = "image", Engine = engine.Address }, TimeProvider.System, NullLogger<DockerProvider>.Instance);

    private static async Task TooLarge(Func<Task> call, string task, string bound)
    {
        var failure = await Assert.ThrowsAsync<VmProviderException>(call);
        Assert.Contains(task, failure.Message, StringComparison.Ordinal);
        Assert.EndsWith($"the answer is larger than {bound}", failure.Message, StringComparison.Ordinal);
        Assert.False(failure.IsFinal);
    }

    private static Task Say(HttpContext call, int status, string body)
    {
        call.Response.StatusCode = status;
        call.Response.ContentType = "application/json";
        return call.Response.WriteAsync(body);
    }

    /// <summary>Sends blanks, and says nothing of their number.</summary>
    private static async Task Flood(HttpContext call, int status, long bytes, byte[]? frame = null)
    {
        call.Response.StatusCode = status;
        call.Response.ContentType = "application/json";
        if (frame is not null)
            await call.Response.Body.WriteAsync(frame);
        var blanks = Encoding.ASCII.GetBytes(new string(' ', 64 * 1024));
        for (var sent = 0L; sent < bytes && !call.RequestAborted.IsCancellationRequested; sent += blanks.Length)
            await call.Response.Body.WriteAsync(blanks);
    }

    /// <summary>The provider's API on a server that answers everything alike.</summary>
    private sealed class Vers : IAsyncDisposable
    {
        private readonly StubServer server;
        private readonly ServiceProvider services;

        private Vers(StubServer server)
        {
            this.server = server;
            Assert.True(VersKey.TryParse("a key of the account's".Replace(' ', '-'), out var key));
            services = new ServiceCollection().AddLogging()
                .AddVers(new() { Key = key, Commit = Guid.Parse(Uuid, CultureInfo.InvariantCulture),
                    ApiUrl = server.Address.ToString().TrimEnd('/'), RepeatDelay = TimeSpan.FromMilliseconds(1) })
                .BuildServiceProvider();
        }

        public VersApi Api => services.GetRequiredService<VersApi>();

        public static async Task<Vers> Start(RequestDelegate answer) => new(await StubServer.Start(answer));

        public static Task<Vers> Start(int status, string body) => Start(call => Say(call, status, body));

        public static Task<Vers> Start(int status, long bytes) => Start(call => Flood(call, status, bytes));

        public async ValueTask DisposeAsync()
        {
            await services.GetRequiredService<NodeShutdown>().Leave(new CancellationToken(canceled: true));
            await services.DisposeAsync();
            await server.DisposeAsync();
        }
    }
}
