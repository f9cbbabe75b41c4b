using Couch.Domain.Keys;
using Couch.Domain.Values;
using Couch.Domain.Webhooks;
using Couch.Tests.Support;
using Xunit;

namespace Couch.Tests.Webhooks;

/// <summary>What a webhook makes of what its receiver says.</summary>
public sealed class WebhookRuleTests
{
    private static Webhook AWebhook => new()
    {
        Id = WebhookId.New(Some.Time, Some.Random),
        Url = "https://example.com/events",
        CreatedWith = Actor.Configured,
        DeliveredId = 10,
    };

    [Fact]
    public void A_receiver_that_fails_for_a_day_is_tried_with_growing_pauses_and_then_parked()
    {
        var (webhook, now, pauses) = (AWebhook, Some.Time, new List<TimeSpan>());
        while (webhook.State is not WebhookState.Parked)
        {
            webhook = webhook.ObserveFailed(11, "answered 500", isGone: false, now, jitter: 0.999999);
            if (webhook.NextAttemptAt is not { } next)
                continue;
            Assert.Equal((WebhookState.Failing, next), (webhook.State, webhook.NextMoment));
            Assert.False(webhook.IsDue(next.AddMilliseconds(-1)));
            Assert.True(webhook.IsDue(next));
            pauses.Add(next - now);
            now = next;
        }

        Assert.Equal((Some.Time, Some.Time.AddHours(24), "answered 500"), (webhook.FailingSince!.Value, now, webhook.LastError));
        Assert.Equal(pauses[..^1].Order(), pauses[..^1]);
        Assert.InRange(pauses[0].TotalSeconds, 2.5, 5);
        Assert.All(pauses, pause => Assert.True(pause <= TimeSpan.FromHours(1)));
        Assert.InRange(pauses.Count, 30, 40);
        Assert.Null(webhook.NextMoment);
        Assert.False(webhook.IsDue(now.AddDays(1)));
        Assert.Equal(10, webhook.DeliveredId);
    }

    [Fact]
    public void Who_is_gone_is_parked_at_once_and_is_taken_up_where_it_stopped()
    {
        var parked = AWebhook.ObserveFailed(11, "answered 410: gone", isGone: true, Some.Time, 0.5);
        Assert.Equal((WebhookState.Parked, Some.Time), (parked.State, parked.FailingSince!.Value));

        var resumed = parked.Resume(Some.Time.AddDays(2));
        Assert.Equal(AWebhook with { Id = parked.Id }, resumed);
    }

    [Fact]
    public void A_success_ends_all_trouble_and_what_is_told_late_or_twice_changes_nothing()
    {
        var failing = AWebhook.ObserveFailed(11, "no answer", isGone: false, Some.Time, 0.5);
        var well = failing.ObserveDelivered(11);
        Assert.Equal(AWebhook with { Id = failing.Id, DeliveredId = 11 }, well);
        Assert.Same(well, well.ObserveDelivered(11));
        Assert.Same(well, well.ObserveDelivered(7));
        Assert.Same(well, well.ObserveFailed(11, "late", isGone: true, Some.Time, 0.5));

        var parked = well.ObserveFailed(12, "gone", isGone: true, Some.Time, 0.5);
        Assert.Same(parked, parked.ObserveFailed(12, "late", isGone: false, Some.Time, 0.5));
        Assert.Equal((WebhookState.Parked, 12L), (parked.ObserveDelivered(12).State, parked.ObserveDelivered(12).DeliveredId));
    }

    [Fact]
    public void Resuming_a_failing_one_tries_it_at_once_and_its_day_runs_on()
    {
        var failing = AWebhook.ObserveFailed(11, "no answer", isGone: false, Some.Time, 0.5);
        var resumed = failing.Resume(Some.Time.AddSeconds(1));
        Assert.Equal((Some.Time.AddSeconds(1), Some.Time), (resumed.NextAttemptAt!.Value, resumed.FailingSince!.Value));
        Assert.Same(resumed, resumed.Resume(Some.Time.AddSeconds(2)));
        var active = AWebhook;
        Assert.Same(active, active.Resume(Some.Time));
    }

    [Fact]
    public void An_active_one_is_woken_every_minute_whatever_became_of_its_memory() =>
        Assert.Equal(Some.Time, AWebhook.NextMoment);

    [Fact]
    public void A_row_gives_back_what_it_was_given()
    {
        var failing = (AWebhook with { Types = "couch.guest.*", Description = "pager" })
            .ObserveFailed(11, "said\nthis", isGone: false, Some.Time, 0.123456789);
        Assert.Equal(failing, Some.Stored(failing));
        Assert.Equal("said this", failing.LastError);
    }

    [Theory]
    [InlineData("https://example.com/events", true)]
    [InlineData("http://127.0.0.1:8080", true)]
    [InlineData("http://[::1]/", true)]
    [InlineData("", false)]
    [InlineData("example.com/events", false)]
    [InlineData("/events", false)]
    [InlineData("ftp://example.com/", false)]
    [InlineData("file:///etc/passwd", false)]
    [InlineData("http://", false)]
    [InlineData("http://user@example.com/", false)]
    [InlineData("http://user:password@example.com/", false)]
    [InlineData("http://example.com/\r\nX: y", false)]
    public void An_address_is_http_or_https_and_names_no_user(string url, bool isGood)
    {
        Assert.Equal(isGood, Webhook.WhyNotUrl(url) is null);
        var webhook = AWebhook with { Url = url };
        if (isGood)
            webhook.MustBeNew(webhook.Id.Value);
        else
            Assert.Throws<OutOfBoundsException>(() => webhook.MustBeNew(webhook.Id.Value));
    }

    [Fact]
    public void An_address_is_at_most_2048_characters_long()
    {
        var longest = "https://example.com/" + new string('x', Webhook.MostUrl - "https://example.com/".Length);
        Assert.Null(Webhook.WhyNotUrl(longest));
        Assert.NotNull(Webhook.WhyNotUrl(longest + "x"));
    }
}
