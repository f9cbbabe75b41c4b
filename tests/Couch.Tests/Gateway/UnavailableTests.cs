using Couch.Cluster;
using Couch.Tests.Support;
using Microsoft.Extensions.Hosting;
using Xunit;

namespace Couch.Tests.Gateway;

public sealed class UnavailableTests
{
    [Fact]
    public async Task A_database_that_does_not_answer_is_a_503_that_may_be_asked_again()
    {
        var faults = new Faults();
        await using var couch = await CouchHost.Start(builder => builder.UseOrleans(faults.Install));
        var invite = await couch.Anyone.Sending("Idempotency-Key", "k").Invite();

        faults.RefuseWrite();
        var refused = (await couch.Anyone.Redeem(invite)).Refuses(503, "the couch cannot answer right now");
        Assert.Equal("1", refused.Header("Retry-After"));
        Assert.DoesNotContain("fault:", refused.Body, StringComparison.Ordinal);

        (await couch.Anyone.Redeem(invite)).Is(201);
    }
}
