using Couch.Cluster.Vms.Docker;
using Couch.Domain.Guests;
using Couch.Tests.Support;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace Couch.Tests.Vms;

/// <summary>An engine that is asked for a sandbox and says nothing: a release of the same guest must not wait for that.</summary>
public sealed class HungCreateTests
{
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(10);

    [Fact]
    public async Task A_release_reaches_the_engine_while_a_create_of_the_same_guest_hangs()
    {
        var isCreating = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var builder = WebApplication.CreateBuilder();
        builder.Logging.ClearProviders();
        await using var engine = builder.Build();
        engine.Urls.Add("http://127.0.0.1:0");
        engine.Run(async call =>
        {
            var path = call.Request.Path.Value!;
            if (path.EndsWith("/containers/create", StringComparison.Ordinal))
            {
                isCreating.SetResult();
                await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, call.RequestAborted);
            }

            call.Response.StatusCode = path.EndsWith("/info", StringComparison.Ordinal) || path.EndsWith("/containers/json",
                StringComparison.Ordinal) ? 200 : 404;
            call.Response.ContentType = "application/json";
            await call.Response.WriteAsync(
                path.EndsWith("/containers/json", StringComparison.Ordinal) ? "[]" : """{"message":"no such container","NCPU":2}""");
        });
        await engine.StartAsync(TestContext.Current.CancellationToken);
        using var host = new DockerProvider(
            new() { Image = "image", Engine = new(engine.Urls.First()) }, TimeProvider.System, NullLogger<DockerProvider>.Instance);
        var guest = GuestId.New(Some.Time, Some.Random);

        var making = host.Ensure(
            new() { Guest = guest, Installation = "this-couch", MayExist = false, Limits = ResourceLimits.Default,
                Permissions = Permissions.Default with { CanAccessInternet = false } },
            CancellationToken.None);
        await isCreating.Task.WaitAsync(Bound, TestContext.Current.CancellationToken);

        await host.Release(guest, "this-couch", null, CancellationToken.None).WaitAsync(Bound, TestContext.Current.CancellationToken);
        Assert.False(making.IsCompleted);
    }
}
