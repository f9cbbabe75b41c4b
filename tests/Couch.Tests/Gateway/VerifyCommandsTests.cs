using Couch.Tests.Support;
using Xunit;

namespace Couch.Tests.Gateway;

/// <summary>The README's verify commands, in their order, byte for byte.</summary>
public sealed class VerifyCommandsTests(CouchHost couch) : IClassFixture<CouchHost>
{
    [Fact]
    public async Task They_work_as_they_stand()
    {
        var invite = (await couch.Anyone.Post("/couch/invites", """{"createdBy":"noah","label":"test"}""")).Is(201);
        Assert.StartsWith("inv_", invite["code"], StringComparison.Ordinal);

        var guest = (await couch.Anyone.Post("/couch/redeem", $$"""{"code":"{{invite["code"]}}", "name":"guest-1"}""")).Is(201);
        Assert.StartsWith("guest_", guest["authToken"], StringComparison.Ordinal);

        var status = (await couch.Anyone.Get($"/couch/status?token={guest["authToken"]}")).Is(200);
        Assert.Equal("guest-1", status["name"]);

        var guests = (await couch.Anyone.Get("/couch/guests")).Is(200);
        Assert.Equal(guest["guestId"], guests.Json["guests"]![0]!["id"]!.ToString());

        var killed = (await couch.Anyone.Delete($"/couch/guests/{guest["guestId"]}")).Is(200);
        Assert.Equal("revoked", killed["status"]);
    }

    [Fact]
    public async Task Health_is_ok_and_says_since_when()
    {
        var health = (await couch.Anyone.Get("/health")).Is(200);

        Assert.Equal("ok", health["status"]);
        Assert.InRange((double)health.Json["uptime"]!, 0, 3600);
    }

    [Fact]
    public async Task Readiness_tells_of_the_silo_and_of_the_database()
    {
        var ready = (await couch.Anyone.Get("/health/ready")).Is(200);

        Assert.Equal("active", ready["silo"]);
        Assert.Equal("ok", ready["database"]);
    }
}
