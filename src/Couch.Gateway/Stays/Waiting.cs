using System.ComponentModel;
using System.Globalization;
using Couch.Cluster.Guests;
using Couch.Domain.Guests;
using Couch.Gateway.Requests;
using Couch.Gateway.Caching;
using Couch.Gateway.Connections;
using Microsoft.AspNetCore.Mvc;

namespace Couch.Gateway.Stays;

/// <summary>How long a guest is willing to hold the line for news of its stay.</summary>
public sealed class Waiting
{
    private const double MostSeconds = 60;

    /// <summary>
    /// Seconds to hold the answer: 0 to 60, default 0. Held while the guest is provisioning; with If-None-Match, whatever the status,
    /// until it differs from that.
    /// </summary>
    [Description("Seconds to hold the answer: 0 to 60, default 0. Held while the guest is provisioning; with If-None-Match, whatever the "
        + "status, until it differs from that.")]
    [FromQuery(Name = "wait")]
    public string? Wait { get; init; }

    internal TimeSpan Read(Fields fields) => Read(Wait, fields);

    internal static TimeSpan Read(string? wait, Fields fields)
    {
        if (string.IsNullOrEmpty(wait))
            return TimeSpan.Zero;
        if (wait.All(c => char.IsAsciiDigit(c) || c is '.') && double.TryParse(wait, NumberStyles.AllowDecimalPoint,
            CultureInfo.InvariantCulture, out var seconds) && seconds <= MostSeconds)
            return TimeSpan.FromSeconds(seconds);
        fields.Wrong($"wait must be a number of seconds from 0 to {MostSeconds}");
        return TimeSpan.Zero;
    }

    /// <summary>
    /// The guest, at once where there is news for the caller, else after the first news within <paramref name="wait"/>: that it
    /// is no longer provisioning, or, to a caller who says what it has, an answer of another tag. A call to a grain waits for
    /// less than that, so it is asked again and again; a node that shuts down answers what is known.
    /// </summary>
    /// <param name="known">What the caller has; null where it does not say.</param>
    internal static Task<Guest?> For(
        IGuestGrain grain, TimeSpan wait, EntityTags? known, StayAnswers answers, TimeProvider clock, IHostApplicationLifetime lifetime,
        HttpContext context) =>
        wait == TimeSpan.Zero
            ? grain.Get()
            : HoldTheLine(grain, wait, IsNews(known, answers), clock, lifetime, context);

    private static Func<Guest?, bool> IsNews(EntityTags? known, StayAnswers answers) => known is null
        ? guest => guest is not { Status: GuestStatus.Provisioning }
        : guest => guest is not { IsStaying: true } || !known.Have(answers.Of(guest).Tag);

    private static async Task<Guest?> HoldTheLine(
        IGuestGrain grain, TimeSpan wait, Func<Guest?, bool> isNews, TimeProvider clock, IHostApplicationLifetime lifetime,
        HttpContext context)
    {
        var cancel = context.RequestAborted;
        using var leaving = CancellationTokenSource.CreateLinkedTokenSource(cancel, lifetime.ApplicationStopping);
        var began = clock.GetTimestamp();
        var seen = await grain.Get();
        var connection = CountedConnection.Of(context);
        connection?.Waiting(true);
        try
        {
            while (!isNews(seen) && wait - clock.GetElapsedTime(began) is { Ticks: > 0 } left)
                seen = await grain.WaitForChange(seen!.Status, seen.AgentEndpoint, left).WaitAsync(leaving.Token);
            return seen;
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            return seen;
        }
        finally
        {
            connection?.Waiting(false);
        }
    }
}
