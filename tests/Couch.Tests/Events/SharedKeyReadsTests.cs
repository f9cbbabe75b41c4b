using Couch.Cluster.Keys;
using Couch.Domain.Keys;
using Couch.Gateway.Access;
using Couch.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Couch.Tests.Events;

/// <summary>All open streams of a key share one read of its row a second; no more is believed of an older one.</summary>
public sealed class SharedKeyReadsTests(KeyedCouchHost couch) : IClassFixture<KeyedCouchHost>
{
    [Fact]
    public async Task Those_who_ask_within_a_second_share_a_read_and_a_revocation_is_seen_by_the_next()
    {
        var clock = new FakeTimeProvider();
        var reads = new SharedKeyReads(couch.App.Services.GetRequiredService<HostKeys>(), clock);
        var (id, other) = (await Make("shared"), await Make("other"));
        var first = await Find(id);
        Assert.All(await Task.WhenAll(Enumerable.Range(0, 100).Select(_ => Find(id))), key => Assert.Same(first, key));
        Assert.Equal("other", (await Find(other))!.Name);

        (await couch.Host.Delete($"/couch/keys/{id.Value}")).Is(200);
        clock.Advance(TimeSpan.FromSeconds(1) - TimeSpan.FromTicks(1));
        Assert.Same(first, await Find(id));
        clock.Advance(TimeSpan.FromTicks(1));
        Assert.NotNull((await Find(id))!.RevokedAt);
        Assert.Null((await Find(other))!.RevokedAt);

        Task<HostKey?> Find(HostKeyId of) => reads.Find(of, TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task One_that_leaves_ends_no_read_of_the_others()
    {
        var reads = new SharedKeyReads(couch.App.Services.GetRequiredService<HostKeys>(), new FakeTimeProvider());
        var id = await Make("left");
        using var left = new CancellationTokenSource();
        await left.CancelAsync();
        // It may be answered all the same.
        await Record.ExceptionAsync(() => reads.Find(id, left.Token));
        Assert.Equal("left", (await reads.Find(id, TestContext.Current.CancellationToken))!.Name);
    }

    private async Task<HostKeyId> Make(string name)
    {
        var made = (await couch.Host.Post("/couch/keys", new { name, scopes = new[] { "events" } })).Is(201);
        Assert.True(HostKeyId.TryParse(made["id"], out var id));
        return id;
    }
}
