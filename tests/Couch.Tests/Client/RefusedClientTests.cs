using System.Net;
using Couch.Client;
using Couch.Tests.Support;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Hosting;
using Xunit;

namespace Couch.Tests.Client;

/// <summary>Each refusal is an exception of its kind, with the protocol's own sentence, and without a secret.</summary>
public sealed class RefusedClientTests(KeyedCouchHost couch) : IClassFixture<KeyedCouchHost>
{
    private const string Unknown = "01ARZ3NDEKTSV4RRFFQ69G5FAV";

    private readonly CouchClient host = Clients.Of(couch, KeyedCouchHost.Key);

    [Fact]
    public async Task A_value_that_is_out_of_its_bounds()
    {
        var refused = await Assert.ThrowsAsync<CouchValidationException>(() => host.Invites.Create(new() { CreatedBy = " " }));

        Assert.Equal(("createdBy is required", HttpStatusCode.BadRequest), (refused.Message, refused.StatusCode));
        Assert.Equal(("createdBy is required", 400), (refused.Problem?.Error, refused.Problem?.Status));
        await Assert.ThrowsAsync<CouchValidationException>(() => host.Guests.List(new() { Status = "sleepy" }).ToList());
        Assert.Equal(
            HttpStatusCode.RequestEntityTooLarge,
            (await Assert.ThrowsAsync<CouchValidationException>(
                () => host.Invites.Create(new() { CreatedBy = "noah", Label = new string('x', 70_000) }))).StatusCode);
    }

    [Fact]
    public async Task A_redirect_that_was_followed_is_a_failure_whatever_was_answered()
    {
        var arrivals = 0;
        await using var elsewhere = await StubServer.Start(context =>
        {
            Interlocked.Increment(ref arrivals);
            return context.Response.WriteAsJsonAsync(new { guestId = Unknown, authToken = "guest_x", expiresAt = "2026-11-23T12:00:00Z" });
        });
        await using var redirects = await StubServer.Start(context =>
        {
            context.Response.Redirect(new Uri(elsewhere.Address, "elsewhere").AbsoluteUri, permanent: false, preserveMethod: true);
            return Task.CompletedTask;
        });

        var refused = await Assert.ThrowsAsync<CouchException>(() => Clients.Of(redirects.Address).Redeem("inv_abc", "guest-1"));

        Assert.Contains("AllowAutoRedirect", refused.Message, StringComparison.Ordinal);
        Assert.Equal(1, arrivals);
    }

    [Fact]
    public async Task A_status_that_does_not_fit()
    {
        var guest = await Arrive();
        await host.Guests.Kill(guest.GuestId);

        Assert.Equal(
            "guest already revoked", (await Assert.ThrowsAsync<CouchValidationException>(() => host.Guests.Kill(guest.GuestId))).Message);
    }

    [Fact]
    public async Task No_key_or_one_of_less_scope()
    {
        await Assert.ThrowsAsync<CouchUnauthorizedException>(() => Clients.Of(couch).Keys.List().ToList());
        await Assert.ThrowsAsync<CouchUnauthorizedException>(() => Clients.Of(couch, "another").Guests.Get(Unknown));
        var meter = await host.Keys.Create(new() { Name = "meter", Scopes = [KeyScope.Meter] });

        var refused = await Assert.ThrowsAsync<CouchForbiddenException>(
            () => Clients.Of(couch, meter.Key.Reveal()).Guests.Kill(Unknown));

        Assert.Equal("forbidden — this host key lacks the scope 'guests'", refused.Message);
        Assert.Equal("Ask with a key that has it; the configured host key has every scope.", refused.Detail);
    }

    [Fact]
    public async Task What_is_not_there()
    {
        Assert.Equal("guest not found", (await Assert.ThrowsAsync<CouchNotFoundException>(() => host.Guests.Get(Unknown))).Message);
        Assert.Equal("invite not found", (await Assert.ThrowsAsync<CouchNotFoundException>(() => host.Redeem("inv_x", "g"))).Message);
        Assert.Equal("invite not found", (await Assert.ThrowsAsync<CouchNotFoundException>(() => host.Preview("inv_x"))).Message);
        Assert.Null((await Assert.ThrowsAsync<CouchNotFoundException>(() => host.Stay("guest_x").Get())).EndReason);
    }

    [Fact]
    public async Task A_stay_that_has_ended()
    {
        var guest = await Arrive();
        await host.Guests.Kill(guest.GuestId);

        var refused = await Assert.ThrowsAsync<CouchNotFoundException>(() => host.Stay(guest.AuthToken).Get());

        Assert.Equal(
            ("invalid or expired token", GuestStatus.Revoked, EndReason.Killed), (refused.Message, refused.GuestStatus, refused.EndReason));
        Assert.DoesNotContain(guest.AuthToken.Reveal(), refused.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_code_that_is_spent_and_a_key_with_another_body()
    {
        var invite = await host.Invites.Create(new() { CreatedBy = "noah" }, idempotencyKey: "conflicts");
        await host.Redeem(invite.Code, "guest-1");

        var refused = await Assert.ThrowsAsync<CouchConflictException>(() => host.Redeem(invite.Code, "guest-2"));
        Assert.Equal("invite is redeemed — cannot redeem", refused.Message);
        Assert.DoesNotContain(invite.Code.Reveal(), refused.ToString(), StringComparison.Ordinal);
        Assert.Equal(
            "idempotency key reused",
            (await Assert.ThrowsAsync<CouchConflictException>(
                () => host.Invites.Create(new() { CreatedBy = "eve" }, idempotencyKey: "conflicts"))).Message);
    }

    [Fact]
    public async Task Too_many_requests()
    {
        await using var own = await CouchHost.Start("--COUCH_REDEEMS_PER_MINUTE=1");
        var client = Clients.Of(own.Address, mostAttempts: 1);
        await Assert.ThrowsAsync<CouchNotFoundException>(() => client.Redeem("inv_x", "guest-1"));

        var refused = await Assert.ThrowsAsync<CouchRateLimitedException>(() => client.Redeem("inv_x", "guest-1"));

        Assert.InRange(refused.RetryAfter!.Value, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(60));
    }

    [Fact]
    public async Task A_couch_that_cannot_answer_right_now_and_then_can()
    {
        var faults = new Faults();
        await using var own = await CouchHost.Start(builder => builder.UseOrleans(faults.Install));
        var client = Clients.Of(own);
        var code = (await client.Invites.Create(new() { CreatedBy = "noah" })).Code;
        faults.RefuseWrite();
        var refused = await Assert.ThrowsAsync<CouchUnavailableException>(
            () => Clients.Of(own.Address, mostAttempts: 1).Redeem(code, "guest-1"));
        Assert.Equal(("the couch cannot answer right now", TimeSpan.FromSeconds(1)), (refused.Message, refused.RetryAfter));

        faults.RefuseWrite();
        Assert.Equal(GuestStatus.Provisioning, (await client.Redeem(code, "guest-1")).Status);
        Assert.True(faults.HasRefusedWrite);
    }

    [Fact]
    public async Task No_couch_at_all()
    {
        var refused = await Assert.ThrowsAsync<CouchUnavailableException>(
            () => Clients.Of(new Uri($"http://127.0.0.1:{FreePort.Find(1)[0]}")).Guests.Get(Unknown));

        Assert.Null(refused.StatusCode);
        Assert.IsType<HttpRequestException>(refused.InnerException);
    }

    [Fact]
    public async Task A_node_that_is_not_ready_says_why()
    {
        using var stub = new StubCouch();
        stub.Says(
            """
            {"title":"Service Unavailable","status":503,"error":"not ready","detail":"joining","silo":"joining","database":"ok",
            "settings":"PORT is wrong"}
            """,
            HttpStatusCode.ServiceUnavailable, "application/problem+json");

        var refused = await Assert.ThrowsAsync<CouchUnavailableException>(() => stub.Client().Ready());

        Assert.Equal(("not ready", "joining", "joining", "ok"), (refused.Message, refused.Detail, refused.Silo, refused.Database));
        Assert.Equal("PORT is wrong", refused.Problem!.Settings);
    }

    [Theory]
    [InlineData(HttpStatusCode.InternalServerError, """{"error":"the couch failed"}""", "application/problem+json", "the couch failed")]
    [InlineData(HttpStatusCode.Forbidden, "<html>inv_secret1234</html>", "text/html", "the answer was 403")]
    [InlineData(HttpStatusCode.NotFound, "{", "application/json", "the answer was 404")]
    [InlineData(HttpStatusCode.Conflict, """{"error":"no: inv_abcdefgh12 guest_abcdefgh12"}""", "application/json", "no: *** ***")]
    [InlineData(HttpStatusCode.OK, "<html></html>", "text/html", "the answer is not one of the couch protocol")]
    [InlineData(HttpStatusCode.OK, "null", "application/json", "the answer is not one of the couch protocol")]
    [InlineData(HttpStatusCode.OK, "{}", "application/json", "the answer is not one of the couch protocol")]
    public async Task Whatever_else_is_answered(HttpStatusCode status, string body, string type, string message)
    {
        using var stub = new StubCouch();
        stub.Says(body, status, type);

        var refused = await Assert.ThrowsAnyAsync<CouchException>(() => stub.Client().Guests.Get(Unknown));

        Assert.Equal((message, status), (refused.Message, refused.StatusCode));
    }

    [Theory]
    [InlineData("")]
    [InlineData("..")]
    [InlineData("a/b")]
    [InlineData("a?b")]
    public async Task What_cannot_be_an_id_is_not_sent(string id)
    {
        using var stub = new StubCouch();

        await Assert.ThrowsAsync<ArgumentException>(() => stub.Client().Guests.Kill(id));

        Assert.Empty(stub.Seen);
    }

    private async Task<Redemption> Arrive() => await host.Redeem((await host.Invites.Create(new() { CreatedBy = "noah" })).Code, "guest-1");
}
