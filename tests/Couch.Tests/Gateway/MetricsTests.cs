using Couch.Tests.Support;
using Xunit;

namespace Couch.Tests.Gateway;

/// <summary>What Prometheus is told.</summary>
public sealed class MetricsTests(CouchHost couch) : IClassFixture<CouchHost>
{
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(20);

    [Fact]
    public async Task Metrics_are_told_in_prometheus_own_text_for_the_couch_and_what_it_stands_on()
    {
        (await couch.Anyone.Arrive()).Is(201);
        (await couch.Anyone.Get("/couch/guests/unknown")).Refuses(404);
        // One answer serves whoever asks within a moment of it, another test's scrape included.
        await Until.True(
            async () => (await couch.Anyone.Get("/metrics")).Body.Contains("reason=\"guest-not-found\"", StringComparison.Ordinal), Bound, "the refusal is told");
        var answer = (await couch.Anyone.Get("/metrics")).Is(200);

        Assert.Equal("text/plain", answer.ContentHeaders.ContentType?.MediaType);
        foreach (var name in new[]
                 {
                     "couch_invite_created_total", "couch_guest_ended_total", "couch_housekeeping_found_total", "couch_housekeeping_duration_seconds_bucket",
                     "couch_refusals_total", "http_server_request_duration_seconds_bucket", "orleans_", "dotnet_",
                 })
            Assert.Contains($"\n{name}", answer.Body, StringComparison.Ordinal);
        Assert.Matches("couch_refusals_total\\{.*couch_refusal_reason=\"guest-not-found\".*\\} [1-9]", answer.Body);
    }

    [Fact]
    public async Task No_metric_tells_one_guest_from_another()
    {
        var stay = (await couch.Anyone.Arrive()).Is(201);
        await couch.Anyone.Get($"/couch/guests/{stay["guestId"]}");
        var told = (await couch.Anyone.Get("/metrics")).Is(200).Body;

        Assert.DoesNotContain(stay["guestId"]!, told, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_stranger_is_told_nothing() =>
        (await couch.Anyone.Sending("X-Forwarded-For", "203.0.113.7").Get("/metrics")).Refuses(401);
}
