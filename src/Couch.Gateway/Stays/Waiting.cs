using System.ComponentModel;
using System.Globalization;
using Couch.Cluster.Guests;
using Couch.Domain.Guests;
using Couch.Gateway.Bodies;
using Microsoft.AspNetCore.Mvc;

namespace Couch.Gateway.Stays;

/// <summary>How long a guest is willing to hold the line for news of its stay.</summary>
public sealed class Waiting
{
    private const double MostSeconds = 60;

    [Description("Seconds to hold the answer until the status or the endpoint changes: 0 to 60, default 0.")]
    [FromQuery(Name = "wait")]
    public string? Wait { get; init; }

    internal TimeSpan Read(Fields fields)
    {
        if (string.IsNullOrEmpty(Wait))
            return TimeSpan.Zero;
        if (Wait.All(c => char.IsAsciiDigit(c) || c is '.') && double.TryParse(Wait, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var seconds) && seconds <= MostSeconds)
            return TimeSpan.FromSeconds(seconds);
        fields.Wrong($"wait must be a number of seconds from 0 to {MostSeconds}");
        return TimeSpan.Zero;
    }

    /// <summary>
    /// The guest, at once or after the first change within <paramref name="wait"/>. A call to a grain waits for less than
    /// that, so it is asked again and again; a node that shuts down answers what is known.
    /// </summary>
    internal static Task<Guest?> For(IGuestGrain grain, TimeSpan wait, TimeProvider clock, IHostApplicationLifetime lifetime, HttpContext context) =>
        wait == TimeSpan.Zero ? grain.Get() : HoldTheLine(grain, wait, clock, lifetime, context.RequestAborted);

    private static async Task<Guest?> HoldTheLine(
        IGuestGrain grain, TimeSpan wait, TimeProvider clock, IHostApplicationLifetime lifetime, CancellationToken cancel)
    {
        var arrival = await grain.Get();
        if (arrival is not { IsStaying: true })
            return arrival;

        using var leaving = CancellationTokenSource.CreateLinkedTokenSource(cancel, lifetime.ApplicationStopping);
        var began = clock.GetTimestamp();
        var seen = arrival;
        try
        {
            while (wait - clock.GetElapsedTime(began) is { Ticks: > 0 } left && seen is not null && seen.Status == arrival.Status && seen.AgentEndpoint == arrival.AgentEndpoint)
                seen = await grain.WaitForChange(arrival.Status, arrival.AgentEndpoint, left).WaitAsync(leaving.Token);
            return seen;
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            return seen;
        }
    }
}
