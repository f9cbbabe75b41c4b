using System.Globalization;
using Couch.Domain.Text;
using Couch.Tests.Support;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Time.Testing;
using Xunit;

namespace Couch.Tests.Gateway;

/// <summary>An idempotency key was stored, and the invite was not: the host repeats the request.</summary>
public sealed class UnwrittenInviteTests : IAsyncLifetime
{
    private static readonly object Body = new { createdBy = "noah", label = "one", expiresInHours = 0.1 };

    private readonly Faults faults = new();
    private readonly FakeTimeProvider clock = new(TimeProvider.System.Now());
    private CouchHost couch = null!;

    private Caller Keyed => couch.Anyone.Sending("Idempotency-Key", "k");

    public async ValueTask InitializeAsync() => couch = await CouchHost.Start(builder =>
    {
        builder.UseOrleans(faults.Install);
        builder.Services.AddSingleton<TimeProvider>(clock);
    });

    public ValueTask DisposeAsync() => couch.DisposeAsync();

    [Fact]
    public async Task Its_hours_count_from_the_request_that_makes_it()
    {
        await IsNotWritten(Body);
        clock.Advance(TimeSpan.FromMinutes(10));

        var invite = await Keyed.Invite(Body);

        Assert.Equal(
            clock.Now().AddHours(0.1), DateTimeOffset.Parse(invite["expiresAt"]!, CultureInfo.InvariantCulture));
        Assert.Equal("active", (await couch.Anyone.Get($"/couch/invites/{invite["id"]}"))["status"]);
        clock.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal(invite.Body, (await Keyed.Invite(Body)).Body);
    }

    [Fact]
    public async Task It_may_be_asked_for_with_another_body_and_the_one_that_is_written_is_remembered()
    {
        await IsNotWritten(Body);
        var corrected = new { createdBy = "noah", label = "another" };

        var invite = await Keyed.Invite(corrected);

        Assert.Equal("another", invite["label"]);
        Assert.Equal(invite.Body, (await Keyed.Invite(corrected)).Body);
        (await Keyed.Post("/couch/invites", Body)).Refuses(409, "idempotency key reused");
        Assert.Equal(1, (int)(await couch.Anyone.Get("/couch/invites")).Json["count"]!);
    }

    [Fact]
    public async Task Of_two_bodies_that_come_at_once_one_is_written_and_the_other_is_refused()
    {
        await IsNotWritten(Body);

        var answers = await Task.WhenAll(
            Enumerable.Range(0, 20).Select(number => Keyed.Post("/couch/invites", new { createdBy = "noah", label = $"{number % 2}" })));

        var made = answers.Where(answer => answer.Status is 201).ToList();
        Assert.Single(made.Select(answer => answer.Body).Distinct());
        Assert.All(answers.Except(made), answer => answer.Refuses(409, "idempotency key reused"));
        Assert.Equal(10, made.Count);
        Assert.Equal(1, (int)(await couch.Anyone.Get("/couch/invites")).Json["count"]!);
    }

    private async Task IsNotWritten(object body)
    {
        faults.RefuseWrite();
        (await Keyed.Post("/couch/invites", body)).Refuses(503);
    }
}
