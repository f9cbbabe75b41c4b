using System.Text.Json.Nodes;
using Couch.Domain.Guests;
using Couch.Domain.Keys;
using Couch.Domain.Text;
using Couch.Domain.Vms;
using Couch.Tests.Support;
using Xunit;

namespace Couch.Tests.Domain;

public sealed class UnreadableGuestTests
{
    private static readonly GuestId Id = GuestId.New(Some.Time, Some.Random);

    [Theory]
    [InlineData("""{"status":"revoked"}""", GuestStatus.Revoked)]
    [InlineData("""{"status":"stopped","status":"expired"}""", GuestStatus.Expired)]
    [InlineData("""{"status":"running"}""", null)]
    [InlineData("""{"status":"provisioning"}""", null)]
    [InlineData("""{"status":"Revoked"}""", null)]
    [InlineData("""{"status":"hibernating"}""", null)]
    [InlineData("""{"status":4}""", null)]
    [InlineData("""{"status":{"is":"revoked"}}""", null)]
    [InlineData("""["revoked"]""", null)]
    [InlineData("\"revoked\"", null)]
    [InlineData("null", null)]
    [InlineData("", null)]
    [InlineData("{'status': 'revoked'}", null)]
    [InlineData("""{"status":"\ud800"}""", null)]
    public void It_has_ended_only_where_its_row_says_so_in_a_word_of_this_version(string row, GuestStatus? ended) =>
        Assert.Equal(ended, UnreadableGuest.Of(Id, row).Ended);

    [Theory]
    [InlineData("""{"expiresAt":"2026-11-24T00:00:00.000Z","resourceLimits":{"maxDurationHours":1}}""", 11.999_965_833)]
    [InlineData("""{"expiresAt":"soon","resourceLimits":{"maxDurationHours":1.5}}""", 1.5)]
    [InlineData("""{"expiresAt":1764000000,"resourceLimits":{"maxDurationHours":2,"maxDurationHours":3}}""", 3)]
    [InlineData("""{"resourceLimits":{"maxDurationHours":-1}}""", ResourceLimits.MostHours)]
    [InlineData("""{"resourceLimits":{"maxDurationHours":1e999}}""", ResourceLimits.MostHours)]
    [InlineData("""{"resourceLimits":{"maxDurationHours":"1"}}""", ResourceLimits.MostHours)]
    [InlineData("""{"resourceLimits":[]}""", ResourceLimits.MostHours)]
    [InlineData("no json", ResourceLimits.MostHours)]
    public void Its_time_is_up_by_its_date_or_its_limit_or_the_longest_stay(string row, double hours) =>
        Assert.Equal(Some.Time.AddWholeHours(hours), UnreadableGuest.Of(Id, row).EndsAt);

    [Fact]
    public void An_end_and_a_receipt_change_nothing_else()
    {
        const string row =
            """{"id":1,"status":"paused","pets":[{"cat":1.50}],"endDetail":"?","vm":{"state":"migrating","region":"eu","notBefore":"x","destroyedAt":"never"}}""";
        var by = new Actor { Name = "configured" };

        var ended = UnreadableGuest.Of(
            Id, UnreadableGuest.Of(Id, row).End(GuestStatus.Revoked, EndReason.Killed, Some.Time, by, null, "vers"));
        var gone = UnreadableGuest.Of(Id, ended.Gone(new(), Some.Time.AddMinutes(1)));

        Assert.Equal((GuestStatus.Revoked, false), (ended.Ended, ended.IsReleased));
        Assert.Equal((GuestStatus.Revoked, true), (gone.Ended, gone.IsReleased));
        var expected = JsonNode.Parse(
            """
            {"id":1,"status":"revoked","pets":[{"cat":1.50}],"endReason":"killed","stoppedAt":"2026-11-23T12:00:00.123Z","killedWith":{"name":"configured"},"endedWith":{"name":"configured"},
             "vm":{"state":"destroyed","region":"eu","host":"vers","destroyRequestedAt":"2026-11-23T12:00:00.123Z","destroyedAt":"2026-11-23T12:01:00.123Z"}}
            """);
        Assert.True(JsonNode.DeepEquals(expected, JsonNode.Parse(ended.Gone(new(), Some.Time.AddMinutes(1)))),
            ended.Gone(new(), Some.Time.AddMinutes(1)));
    }

    [Theory]
    [InlineData("""{"vmId":"by-hand","vm":{"state":"none","attempts":0}}""", "left")]
    [InlineData("""{"vm":{"state":"none"}}""", "none")]
    [InlineData("""{"vmId":"vm-1","vm":{"host":"vers","state":"ready"}}""", "ready")]
    public void Without_a_provider_only_a_vm_given_by_hand_is_left(string row, string state)
    {
        var end = JsonNode.Parse(UnreadableGuest.Of(Id, row).End(GuestStatus.Revoked, EndReason.Killed, Some.Time, null, null, null))!;
        Assert.Equal(state, (string?)end["vm"]!["state"]);
    }

    [Theory]
    [InlineData("""{"vm":{"state":"ready"}}""", false)]
    [InlineData("""{"vm":{"state":"ready","unaccounted":0}}""", false)]
    [InlineData("""{"vm":{"state":"requested","unaccounted":1}}""", true)]
    [InlineData("""{"vm":{"state":"requested","unaccounted":"many"}}""", true)]
    [InlineData("""{"vm":{"state":"requested","underWay":"make"}}""", true)]
    [InlineData("""{"vm":null}""", true)]
    [InlineData("{}", true)]
    public void Where_a_create_may_be_on_its_way_nothing_left_must_be_said_twice(string row, bool isDoubtful)
    {
        var ended = UnreadableGuest.Of(
            Id, UnreadableGuest.Of(Id, row).End(GuestStatus.Revoked, EndReason.Killed, Some.Time, null, null, "vers"));
        var believed = isDoubtful ? Some.Time + VmTrack.ListsLag : Some.Time;
        Assert.Equal(believed, ended.BelievedFrom(new(), Some.Time));

        var clean = UnreadableGuest.Of(Id, ended.Clean(Some.Time));
        Assert.Equal(believed, clean.BelievedFrom(new(), isDoubtful ? believed : Some.Time));
        Assert.Equal(isDoubtful ? believed + VmTrack.ListsLag : believed, clean.BelievedFrom(new() { HasDestroyed = true }, believed));
    }

    [Theory]
    [InlineData("no json")]
    [InlineData("[1]")]
    [InlineData("{'status': 'running', }")]
    [InlineData("""{"name":"\ud800"}""")]
    public void What_is_no_object_is_kept_as_a_text_in_one(string row)
    {
        var ended = JsonNode.Parse(UnreadableGuest.Of(Id, row).End(GuestStatus.Expired, EndReason.Expired, Some.Time, null, null, null))!;

        Assert.Equal((Id.Value, row, "expired"), ($"{ended["id"]}", $"{ended["unreadable"]}", $"{ended["status"]}"));
        Assert.Null(ended["vm"]);
    }

    [Theory]
    [InlineData("""{"vmId":"a","vm":{"id":"a"}}""", null)]
    [InlineData("""{"vmId":"a","vm":{"id":"b"}}""", "a")]
    [InlineData("""{"vmId":"a","vm":"x"}""", "a")]
    [InlineData("""{"vm":{"id":"b"}}""", null)]
    public void A_vm_given_by_hand_goes_only_with_the_guests_claim_on_it(string row, string? given)
    {
        var guest = UnreadableGuest.Of(Id, row);
        Assert.Equal(given is null ? null : new GivenVm(given, GivenVmFate.LeftUnlessClaimed), guest.Given);

        var left = UnreadableGuest.Of(Id, guest.Gone(new() { LeavesGiven = true }, Some.Time));
        Assert.True(left.IsReleased);
        Assert.DoesNotContain("destroyedAt", guest.Gone(new() { LeavesGiven = true }, Some.Time), StringComparison.Ordinal);
    }
}
