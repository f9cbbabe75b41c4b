using Couch.Tests.Support;
using Xunit;

namespace Couch.Tests.Gateway;

/// <summary>What Prometheus is told.</summary>
public sealed class MetricsTests(CouchHost couch) : IClassFixture<CouchHost>
{
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(20);

    [Fact]
    public async Task Metrics_are_told_in_prometheus_own_text_for_the_couch_and_what_it_stands_on_and_tell_no_guest_from_another()
    {
        // A process for itself: to the exporter, a metric of several couches of one process ends with the first of them that does.
        using var folder = new TemporaryFolder();
        await using var alone = await CouchProcess.Start(new() { ["COUCH_DATA_DIR"] = folder["data"] });
        var stay = (await alone.Anyone.Arrive()).Is(201);
        (await alone.Anyone.Get("/couch/guests/unknown")).Refuses(404);
        // One answer serves whoever asks within a moment of it, and the first pass of housekeeping ends when it does.
        var answer = (await alone.Anyone.Get("/metrics")).Is(200);
        await Until.True(
            async () =>
            {
                answer = (await alone.Anyone.Get("/metrics")).Is(200);
                return answer.Body.Contains("reason=\"guest-not-found\"", StringComparison.Ordinal) && answer.Body.Contains(
                    "\ncouch_housekeeping_duration", StringComparison.Ordinal);
            },
            Bound, "the refusal and the pass are told");

        Assert.Equal("text/plain", answer.ContentHeaders.ContentType?.MediaType);
        foreach (var name in new[]
                 {
                     "couch_invite_created_total", "couch_guest_ended_total", "couch_housekeeping_found_total",
                     "couch_housekeeping_duration_seconds_bucket",
                     "couch_refusals_total", "http_server_request_duration_seconds_bucket", "orleans_", "dotnet_",
                 })
            Assert.Contains($"\n{name}", answer.Body, StringComparison.Ordinal);
        Assert.Matches("couch_refusals_total\\{.*couch_refusal_reason=\"guest-not-found\".*\\} [1-9]", answer.Body);
        Assert.DoesNotContain(stay["guestId"]!, answer.Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_stranger_is_told_nothing() =>
        (await couch.Anyone.Sending("X-Forwarded-For", "203.0.113.7").Get("/metrics")).Refuses(401);
}
