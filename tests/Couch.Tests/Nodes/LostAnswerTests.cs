using Couch.Tests.Support;
using Xunit;

namespace Couch.Tests.Nodes;

/// <summary>A node that does what it is asked and dies before it says so, behind the real balancer.</summary>
public sealed class LostAnswerTests
{
    private const string HostKey = "a host's key, for tests";

    [Theory]
    [InlineData("guests")]
    [InlineData("invites")]
    public async Task A_DELETE_whose_answer_was_lost_is_repeated_on_another_node_and_answered_as_done(string kind)
    {
        await using var database = await PostgresServer.NewDatabase();
        var environment = NodeSettings.Of(database.ConnectionString).And(new Dictionary<string, string> { ["COUCH_AUTH_TOKEN"] = HostKey });
        await using var first = await CouchProcess.Start(environment);
        await using var second = await CouchProcess.Start(environment);
        await using var way = new TcpProxy(first.Http.BaseAddress!.Port);
        await using var otherWay = new TcpProxy(second.Http.BaseAddress!.Port);
        await using var balancer = await HaProxy.Start(way.Port, otherWay.Port);
        var host = balancer.Anyone.Sending("Authorization", $"Bearer {HostKey}");
        var path = await Made(host, kind);

        // Whichever node is asked first, and the other too: the third time it is asked in peace.
        way.LoseReplyTo("DELETE ");
        otherWay.LoseReplyTo("DELETE ");
        var answer = (await host.Delete(path)).Is(200);

        Assert.True(way.HasLostReply && otherWay.HasLostReply);
        Assert.Equal("revoked", answer["status"]);
        // A second kill is another one, and is told so.
        (await host.Delete(path)).Refuses(400);
        (await host.Sending("Idempotency-Key", "its-own").Delete(path)).Refuses(400);
    }

    /// <summary>Two nodes that have just met may be busy with each other: asked until they answer.</summary>
    private static async Task<string> Made(Caller host, string kind)
    {
        string? path = null;
        await Until.True(
            async () =>
            {
                var invite = await host.Post("/couch/invites", new { createdBy = "noah" });
                var made = kind is "invites" || invite.Status is not 201 ? invite : await host.Redeem(invite);
                path = $"/couch/{kind}/{made[kind is "invites" ? "id" : "guestId"]}";
                return made.Status is 201;
            },
            TimeSpan.FromMinutes(1), "something to end is there");
        return path!;
    }
}
