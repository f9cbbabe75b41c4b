using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Couch.Cluster.Vms;
using Couch.Cluster.Vms.Docker;
using Couch.Domain.Vms;
using Couch.Tests.Support;
using Couch.VersSimulator;
using Couch.VersSimulator.Calls;
using Couch.VersSimulator.Faults;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Xunit;
using static Couch.Tests.Vms.GuideAtHand;

namespace Couch.Tests.Vms;

/// <summary>
/// A guide whose files cannot be written. A failure holds the guest back until it has passed; a refusal does not, because the guide is
/// there only where the provider can put files.
/// </summary>
public sealed class VmGuideRefusalTests
{

    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(60);
    private static readonly CancellationToken Never = CancellationToken.None;

    [Fact]
    public async Task A_lost_reply_is_asked_for_again_and_a_failure_of_the_last_file_alone_holds_running_back()
    {
        await using var vers = await SimulatedVers.Start(new() { BootDelay = TimeSpan.Zero });
        var holdsEnv = true;
        using var http = new HttpClient();
        await using var between = await Between(vers, http, path => path == Env && Volatile.Read(ref holdsEnv) ? 500 : null);
        await using var couch = await CouchHost.Start(
            [.. NodeSettings.Of(vers).AsArguments(), $"--VERS_API_URL={new Uri(between.Address, vers.Url.AbsolutePath)}",
                "--COUCH_PUBLIC_URL=http://couch.example/at"]);
        vers.Faults.Next(Call.Files, new Effect.LoseReply());
        var stay = await couch.Anyone.Arrive();

        await Until.True(() => Task.FromResult(vers.Vms.Left is [{ } vm] && vm.Files.ContainsKey(Readme) && vm.Files.ContainsKey(Limits)),
            Soon, "the files before it are there");
        var written = vers.Journal.Count(Call.Files);
        await Until.True(() => Task.FromResult(vers.Journal.Count(Call.Files) > written + 2), Soon, "all are written again");
        Assert.Equal("provisioning", (await couch.Anyone.Get($"/couch/status?token={stay["authToken"]}")).Is(200)["status"]);
        Assert.DoesNotContain(Env, vers.Vms.Left[0].Files.Keys);

        Volatile.Write(ref holdsEnv, false);
        Assert.Equal("running", (await couch.Anyone.Get($"/couch/status?token={stay["authToken"]}&wait=60")).Is(200)["status"]);
        Assert.Contains(stay["authToken"]!, Assert.Single(vers.Vms.Left).Files[Env], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(401)]
    [InlineData(403)]
    [InlineData(404)]
    [InlineData(422)]
    public async Task A_provider_that_refuses_the_files_alone_gives_the_guest_its_vm_without_them(int status)
    {
        var log = new LogLines();
        await using var vers = await SimulatedVers.Start(new() { BootDelay = TimeSpan.Zero });
        await using var couch = await CouchHost.Start(
            builder => builder.Logging.AddProvider(log),
            [.. NodeSettings.Of(vers).AsArguments(), "--COUCH_PUBLIC_URL=http://couch.example/at", "--Logging:LogLevel:Couch=Debug"]);
        vers.Faults.Always(Call.Files, new Effect.Answer(status));

        foreach (var stay in new[] { await couch.Anyone.Arrive(), await couch.Anyone.Arrive() })
        {
            Assert.Equal("running", (await couch.Anyone.Get($"/couch/status?token={stay["authToken"]}&wait=60")).Is(200)["status"]);
            Assert.False(log.Has(stay["authToken"]!));
        }

        Assert.All(vers.Vms.Left, vm => Assert.Empty(vm.Files));
        Assert.Null((await couch.Anyone.Get("/couch/summary")).Is(200)["vmTrouble"]);
        var warning = Assert.Single(log.All, line => line.Contains("guide", StringComparison.Ordinal));
        Assert.Contains(
            $"Vers refuses to put the guide into guests' VMs, with status {status}", warning, StringComparison.Ordinal);
        Assert.Contains("Give VERS_API_KEY the right to write files, or set no COUCH_PUBLIC_URL", warning, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_key_that_is_refused_for_more_than_the_files_is_still_told_as_that()
    {
        await using var vers = await VersAtHand.Start();
        var (guide, _) = GuideAtHand.Make();
        vers.Vers.Faults.RefuseKey(403);

        var failure = await Assert.ThrowsAsync<VmProviderException>(() => vers.Host.Configure(GuideAtHand.Order(guide), "a-vm", Never));

        Assert.Equal((true, VmFault.KeyRefused), (failure.IsFinal, failure.Fault));
    }

    [Theory]
    [InlineData(409)]
    [InlineData(429)]
    [InlineData(500)]
    public async Task A_provider_that_quotes_what_it_was_sent_does_not_bring_the_token_into_the_failure(int status)
    {
        await using var vers = await VersAtHand.Start();
        await using var echo = await StubServer.Start(context => Echo(context, status));
        var (guide, token) = GuideAtHand.Make();
        var host = vers.HostWith(options => options with { ApiUrl = echo.Address.AbsoluteUri.TrimEnd('/') });

        var failure = await Assert.ThrowsAsync<VmProviderException>(() => host.Configure(GuideAtHand.Order(guide), "a-vm", Never));

        Assert.False(failure.IsFinal);
        Assert.Contains($"{status}", failure.Message, StringComparison.Ordinal);
        foreach (var file in guide.Files)
            Assert.DoesNotContain(Convert.ToBase64String(file.Content)[..24], failure.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain(token, failure.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_refusal_that_quotes_what_it_was_sent_is_logged_by_its_status_alone()
    {
        var log = new LogLines();
        await using var vers = await VersAtHand.Start();
        await using var echo = await StubServer.Start(context => Echo(context, 422));
        var (guide, token) = GuideAtHand.Make();
        var host = vers.HostWith(options => options with { ApiUrl = echo.Address.AbsoluteUri.TrimEnd('/') }, log);

        await host.Configure(GuideAtHand.Order(guide), "a-vm", Never);

        Assert.True(log.Has("with status 422"));
        foreach (var file in guide.Files)
            Assert.False(log.Has(Convert.ToBase64String(file.Content)[..24]));
        Assert.False(log.Has(token));
    }

    [Theory]
    [InlineData(403, "running")]
    [InlineData(405, "running")]
    [InlineData(409, "created")]
    [InlineData(500, "created")]
    public async Task An_engine_that_refuses_the_files_starts_the_sandbox_without_them_and_one_that_fails_does_not(int status, string left)
    {
        var log = new ContainerEngine.Lines();
        var (guide, token) = GuideAtHand.Make();
        var order = GuideAtHand.Order(guide) with { MayExist = true };
        var state = "created";
        await using var engine = await StubServer.Start(context =>
        {
            var path = context.Request.Path.Value!;
            if (path.EndsWith("/start", StringComparison.Ordinal))
                state = "running";
            return path.EndsWith("/archive", StringComparison.Ordinal) ? Echo(context, status)
                : path.EndsWith("/json", StringComparison.Ordinal) ? context.Response.WriteAsync(Container(order, state))
                : Task.CompletedTask;
        });
        using var host = new DockerProvider(new() { Image = "image", Engine = engine.Address }, TimeProvider.System, log);

        var failure = await Record.ExceptionAsync(() => host.Ensure(order, Never));

        Assert.Equal(left, state);
        Assert.Equal(left == "running", failure is null);
        Assert.Equal(left == "running", log.Text.Contains(
            $"The container engine refuses to put the guide into guests' VMs, with status {status}", StringComparison.Ordinal));
        Assert.DoesNotContain(token, log.Text, StringComparison.Ordinal);
        Assert.DoesNotContain(token, $"{failure}", StringComparison.Ordinal);
    }

    /// <summary>A way to the provider on which some of its calls are answered otherwise.</summary>
    /// <param name="answer">The status for a write of this path; null: the provider's own answer.</param>
    private static async Task<StubServer> Between(SimulatedVers vers, HttpClient http, Func<string, int?> answer) =>
        await StubServer.Start(async context =>
        {
            using var body = new MemoryStream();
            await context.Request.Body.CopyToAsync(body);
            if (context.Request.Method is "PUT"
                && JsonNode.Parse(body.ToArray())?["path"]?.ToString() is { } path && answer(path) is { } status)
            {
                context.Response.StatusCode = status;
                return;
            }

            var asked = new Uri(vers.Url.GetLeftPart(UriPartial.Authority) + context.Request.Path + context.Request.QueryString);
            using var request = new HttpRequestMessage(new(context.Request.Method), asked);
            request.Headers.TryAddWithoutValidation("Authorization", $"{context.Request.Headers.Authorization}");
            if (body.Length > 0)
            {
                request.Content = new ByteArrayContent(body.ToArray());
                request.Content.Headers.TryAddWithoutValidation("Content-Type", context.Request.ContentType);
            }

            try
            {
                using var reply = await http.SendAsync(request);
                context.Response.StatusCode = (int)reply.StatusCode;
                await context.Response.Body.WriteAsync(await reply.Content.ReadAsByteArrayAsync());
            }
            catch (HttpRequestException)
            {
                // The reply was lost: so it is for who asked.
                context.Abort();
            }
        });

    /// <summary>Refuses, and quotes what was sent. A disk is large enough.</summary>
    private static async Task Echo(HttpContext context, int status)
    {
        using var body = new StreamReader(context.Request.Body, Encoding.Latin1);
        var sent = await body.ReadToEndAsync();
        context.Response.StatusCode = context.Request.Path.Value!.EndsWith("/disk", StringComparison.Ordinal) ? 400 : status;
        await context.Response.WriteAsJsonAsync(new { error = sent, message = sent, success = false });
    }

    /// <summary>The guest's sandbox, as an engine describes it.</summary>
    private static string Container(VmOrder order, string state) => JsonSerializer.Serialize(new
    {
        Id = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef",
        Name = "/" + Sandbox.NameOf(order.Guest),
        Config = new
        {
            Labels = new Dictionary<string, string>
            {
                [VmLabels.Guest] = order.Guest.Value, [VmLabels.Installation] = order.Installation,
            },
        },
        State = new { Status = state },
    });
}
