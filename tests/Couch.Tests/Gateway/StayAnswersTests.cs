using System.Text;
using System.Text.Json.Nodes;
using Couch.Domain.Guests;
using Couch.Domain.Text;
using Couch.Gateway.Stays;
using Couch.Tests.Support;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Http.Json;
using Microsoft.Extensions.Options;
using Xunit;

namespace Couch.Tests.Gateway;

/// <summary>A kept answer is the guest's own, as it is now.</summary>
public sealed class StayAnswersTests
{
    private readonly StayAnswers answers;

    public StayAnswersTests()
    {
        var options = new JsonOptions();
        CouchJson.Configure(options.SerializerOptions);
        answers = new(Options.Create(options));
    }

    [Fact]
    public async Task A_guest_that_changed_is_told_of_its_change_and_one_that_did_not_is_told_the_same_bytes()
    {
        var arrived = Some.Guest();
        var running = Assert.IsType<ActivateOutcome.Activated>(arrived.Activate("vm-1", "http://agent", Some.Time)).Guest;
        var used = running.Report(new() { TokensUsed = 7 }, Some.Time).Guest;
        foreach (var guest in new[] { arrived, running, used, arrived, used })
        {
            var told = JsonNode.Parse(await Told(guest))!;
            Assert.Equal(
                ($"{guest.Id}", guest.Status.Word(), guest.VmId, guest.ResourceUsage.TokensUsed),
                ((string?)told["guestId"], (string?)told["status"], (string?)told["vmId"], (long)told["resourceUsage"]!["tokensUsed"]!));
        }

        // As another node hands it over: equal, and not the same object.
        Assert.Same(answers.Of(used), answers.Of(used with { }));
    }

    [Fact]
    public async Task More_guests_than_there_is_room_for_are_told_their_own()
    {
        var guests = Enumerable.Range(0, 10_000).Select(_ => Some.Guest()).ToList();
        guests.ForEach(guest => answers.Of(guest));
        foreach (var guest in guests)
            Assert.StartsWith($"{{\"guestId\":\"{guest.Id}\"", await Told(guest), StringComparison.Ordinal);
    }

    private async Task<string> Told(Guest guest)
    {
        using var body = new MemoryStream();
        var context = new DefaultHttpContext();
        context.Features.Set<IHttpResponseBodyFeature>(new StreamResponseBodyFeature(body));
        await answers.Of(guest).ExecuteAsync(context);
        Assert.Equal(body.Length, context.Response.ContentLength);
        return Encoding.UTF8.GetString(body.ToArray());
    }
}
