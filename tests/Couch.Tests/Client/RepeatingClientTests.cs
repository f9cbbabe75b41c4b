using System.Net;
using Couch.Client;
using Couch.Client.Http;
using Couch.Tests.Support;
using Xunit;

namespace Couch.Tests.Client;

/// <summary>What may be sent again is sent again, and nothing else.</summary>
public sealed class RepeatingClientTests(CouchHost couch) : IClassFixture<CouchHost>
{
    private const string Id = "01ARZ3NDEKTSV4RRFFQ69G5FAV";

    [Theory]
    [InlineData("POST /couch/redeem")]
    [InlineData("POST /couch/invites")]
    [InlineData("DELETE /couch/guests")]
    [InlineData("DELETE /couch/invites")]
    public async Task A_lost_answer_is_asked_for_again_and_is_the_same(string lost)
    {
        await using var proxy = new TcpProxy(couch.Address.Port);
        using var http = Clients.Over(null);
        var client = Clients.Of(new Uri($"http://127.0.0.1:{proxy.Port}"), http: http);
        proxy.LoseReplyTo(lost);
        // The text is sought in bodies too.
        var label = lost.Replace(' ', '-');

        var invite = await client.Invites.Create(new() { CreatedBy = "noah", Label = label });
        var redeemed = await client.Redeem(invite.Code, "guest-1");
        Assert.Equal(redeemed.GuestId, (await client.Invites.Get(invite.Id)).GuestId);
        Assert.Equal(redeemed.GuestId, (await client.Stay(redeemed.AuthToken).Get()).GuestId);
        Assert.Equal(GuestStatus.Revoked, (await client.Guests.Kill(redeemed.GuestId)).Status);
        var other = await client.Invites.Create(new() { CreatedBy = "noah", Label = label });
        Assert.Equal(InviteStatus.Revoked, (await client.Invites.Revoke(other.Id)).Status);

        Assert.True(proxy.HasLostReply);
        var invites = await client.Invites.List().ToList();
        Assert.Equal(2, invites.Count(each => each.Label == label));
    }

    [Fact]
    public async Task A_redeem_is_repeated_with_the_same_key_and_body_and_another_has_another()
    {
        using var stub = new StubCouch();
        stub.LosesTheAnswer().Says(HttpStatusCode.BadGateway).Says(Redeemed).Says(Redeemed);
        var client = stub.Client();

        Assert.Equal("guest_x", (await stub.Passing(client.Redeem("inv_abc", "guest-1"))).AuthToken.Reveal());
        await client.Redeem("inv_abc", "guest-1");

        var seen = stub.Seen.ToList();
        var keys = seen.Select(request => request.Headers.GetValues("Idempotency-Key").Single()).ToList();
        Assert.Equal(keys[0], Assert.Single(keys.Take(3).Distinct()));
        Assert.NotEqual(keys[0], keys[3]);
        Assert.Equal("""{"code":"inv_abc","name":"guest-1"}""", Assert.Single(seen.Select(request => request.Body).Distinct()));
        Assert.All(seen, request => Assert.Equal("POST /under/couch/redeem", request.Line));
        // The host key is nothing that a public endpoint should see.
        Assert.All(seen, request => Assert.Null(request.Headers.Authorization));
    }

    [Fact]
    public async Task A_callers_own_key_is_sent()
    {
        using var stub = new StubCouch();
        stub.Says(StubCouch.InviteText, HttpStatusCode.Created);

        await stub.Client().Invites.Create(new() { CreatedBy = "noah" }, idempotencyKey: "mine");

        var (_, headers, body) = Assert.Single(stub.Seen);
        Assert.Equal(["mine"], headers.GetValues("Idempotency-Key"));
        Assert.Equal("Bearer k", headers.Authorization?.ToString());
        Assert.Equal("""{"createdBy":"noah"}""", body);
        await Assert.ThrowsAsync<ArgumentException>(() => stub.Client().Invites.Create(new() { CreatedBy = "noah" }, "not one"));
    }

    [Theory]
    [InlineData(HttpStatusCode.TooManyRequests)]
    [InlineData(HttpStatusCode.BadGateway)]
    [InlineData(HttpStatusCode.ServiceUnavailable)]
    [InlineData(HttpStatusCode.GatewayTimeout)]
    public async Task Reads_are_repeated_a_bounded_number_of_times(HttpStatusCode status)
    {
        using var stub = new StubCouch();
        for (var turn = 0; turn < 5; turn++)
            stub.Says(status);

        var failed = await Assert.ThrowsAnyAsync<CouchException>(() => stub.Passing(stub.Client().Invites.Get(Id)));

        Assert.Equal(status, failed.StatusCode);
        Assert.Equal(5, stub.Seen.Count);
    }

    [Theory]
    [InlineData(1, 200)]
    [InlineData(2, 400)]
    [InlineData(3, 500)]
    [InlineData(1_000_000, 500)]
    public void Pauses_double_up_to_the_longest_and_are_at_least_half_of_it(int failures, int most)
    {
        var backoff = new Backoff(new() { LongestPause = TimeSpan.FromMilliseconds(500) });
        for (var turn = 0; turn < 100; turn++)
        {
            Assert.InRange(backoff.Pause(failures, null).TotalMilliseconds, most / 2, most);
            Assert.InRange(backoff.Pause(failures, TimeSpan.FromSeconds(1)).TotalMilliseconds, 1000 + (most / 2), 1000 + most);
        }
    }

    [Fact]
    public async Task Retry_after_is_waited_for()
    {
        using var stub = new StubCouch();
        stub.Says(HttpStatusCode.TooManyRequests, TimeSpan.FromSeconds(50)).Says(StubCouch.InviteText);
        var call = stub.Client().Invites.Get(Id);

        stub.Clock.Advance(TimeSpan.FromSeconds(50));
        Assert.Single(stub.Seen);
        Assert.False(call.IsCompleted);

        Assert.Equal(Id, (await stub.Passing(call)).Id);
    }

    [Fact]
    public async Task Who_is_told_to_wait_too_long_is_told_at_once()
    {
        using var stub = new StubCouch();
        stub.Says(HttpStatusCode.ServiceUnavailable, TimeSpan.FromHours(1));

        var failed = await Assert.ThrowsAsync<CouchUnavailableException>(() => stub.Client().Invites.Get(Id));

        Assert.Equal(TimeSpan.FromHours(1), failed.RetryAfter);
        Assert.Single(stub.Seen);
    }

    public static TheoryData<string> Once => [.. NotRepeatable.Keys];

    private static readonly Dictionary<string, Func<CouchClient, Task>> NotRepeatable = new()
    {
        ["activate"] = client => client.Guests.Activate(Id, "v", "http://v"),
        ["extend"] = client => client.Guests.Extend(Id, 1),
        ["check out"] = client => client.Stay("guest_x").CheckOut(),
        ["create a key"] = client => client.Keys.Create(new() { Name = "n", Scopes = [KeyScope.Meter] }),
        ["create a webhook"] = client => client.Webhooks.Create(new() { Url = "http://receiver.example/" }),
        ["test a webhook"] = client => client.Webhooks.Test(Id),
    };

    [Theory, MemberData(nameof(Once))]
    public async Task What_might_have_been_done_is_not_done_twice(string operation)
    {
        using var stub = new StubCouch();
        stub.LosesTheAnswer().Says(HttpStatusCode.ServiceUnavailable);

        var lost = await Assert.ThrowsAsync<CouchUnavailableException>(() => NotRepeatable[operation](stub.Client()));
        var unavailable = await Assert.ThrowsAsync<CouchUnavailableException>(() => NotRepeatable[operation](stub.Client()));

        Assert.True(lost.LookFirst && unavailable.LookFirst);

        Assert.Equal(2, stub.Seen.Count);
    }

    [Theory, MemberData(nameof(Once))]
    public async Task What_was_certainly_not_done_is_asked_for_again(string operation)
    {
        using var stub = new StubCouch();
        stub.IsNotThere().Says(HttpStatusCode.TooManyRequests).Says("{}", HttpStatusCode.Conflict);

        var call = NotRepeatable[operation](stub.Client());
        await stub.Pass(call);

        await Assert.ThrowsAsync<CouchConflictException>(() => call);
        Assert.Equal(3, stub.Seen.Count);
    }

    [Fact]
    public async Task Who_deletes_again_after_a_lost_answer_has_deleted()
    {
        using var stub = new StubCouch();
        stub.LosesTheAnswer().Says(HttpStatusCode.NotFound).IsNotThere().Says(HttpStatusCode.NotFound);

        var lost = stub.Client().Webhooks.Delete(Id);
        await stub.Pass(lost);
        await lost;
        var never = stub.Client().Webhooks.Delete(Id);
        await stub.Pass(never);
        await Assert.ThrowsAsync<CouchNotFoundException>(() => never);
    }

    [Fact]
    public async Task Health_is_asked_once()
    {
        using var stub = new StubCouch();
        stub.Says(HttpStatusCode.ServiceUnavailable).IsNotThere();

        await Assert.ThrowsAsync<CouchUnavailableException>(() => stub.Client().Ready());
        Assert.False((await Assert.ThrowsAsync<CouchUnavailableException>(() => stub.Client().Health())).LookFirst);
    }

    [Fact]
    public async Task Whoever_cancels_waits_for_no_pause_and_no_answer()
    {
        using var stub = new StubCouch();
        stub.IsNotThere();
        using var cancel = new CancellationTokenSource();
        var pausing = stub.Client().Invites.Get(Id, cancel.Token);
        var client = Clients.Of(couch);
        var redeemed = await client.Redeem((await client.Invites.Create(new() { CreatedBy = "noah" })).Code, "cancels");
        var held = client.Stay(redeemed.AuthToken).Get(StayClient.LongestWait, cancel.Token);

        await cancel.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => pausing.WaitAsync(TimeSpan.FromSeconds(10)));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => held.WaitAsync(TimeSpan.FromSeconds(10)));
    }

    private const string Redeemed =
        """
        {"guestId":"01ARZ3NDEKTSV4RRFFQ69G5FAV","status":"provisioning","authToken":"guest_x","expiresAt":"2026-11-24T12:00:00.123Z",
         "resourceLimits":{"maxCpuCores":2,"maxMemoryMB":4096,"maxDiskGB":20,"maxNetworkEgressGB":10,"maxDurationHours":72,
         "maxTokenBudget":50000000},
         "permissions":{"canAccessInternet":true,"canSpawnSubAgents":false,"canAccessHostServices":false},"agentEndpoint":null}
        """;
}
