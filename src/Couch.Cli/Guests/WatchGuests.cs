using System.Text.Json;
using System.Threading.Channels;
using Couch.Cli.CommandLine;
using Couch.Cli.Output;
using Couch.Cli.Terminal;
using Couch.Client;

namespace Couch.Cli.Guests;

/// <summary>
/// Shows guests as they change. Events say which guest has changed, and its row is asked for. While the couch is away what was known last
/// stays; the events that were missed come when it is back.
/// </summary>
internal sealed class WatchGuests(Invocation call, GuestFilter filter)
{
    /// <summary>The time that is left, on a terminal, goes down between two events.</summary>
    private static readonly TimeSpan Tick = TimeSpan.FromSeconds(1);

    /// <summary>What a guest uses is no event: all are asked for again now and then.</summary>
    private static readonly TimeSpan UsageEvery = TimeSpan.FromSeconds(10);

    private readonly Dictionary<string, Guest> guests = [];
    private readonly HashSet<string> changed = [];
    private readonly TimeProvider clock = call.Surroundings.Clock;
    private readonly LiveText live = new(call.Surroundings);
    private bool isAway;
    private bool mustList;

    private bool IsTable => call.Printer.Format is Format.Table;

    private bool HasFilter => filter.CreatedBy is not null || filter.Label is not null || filter.Name is not null;

    public async Task Run(CancellationToken cancel)
    {
        // Before the list, so that nothing is missed in between.
        var since = (await call.Couch.Events.Stats(cancel)).NewestId ?? 0;
        await List(cancel);
        var events = Channel.CreateUnbounded<CouchEvent>();
        _ = Follow(since, events.Writer, cancel);
        var next = events.Reader.WaitToReadAsync(cancel).AsTask();
        var listed = clock.GetTimestamp();
        while (true)
        {
            if (IsTable)
                live.Show(Screen());
            using (var stop = CancellationTokenSource.CreateLinkedTokenSource(cancel))
            {
                await Task.WhenAny(next, Task.Delay(Tick, clock, stop.Token));
                await stop.CancelAsync();
            }

            cancel.ThrowIfCancellationRequested();
            if (next.IsCompleted)
            {
                await next;
                while (events.Reader.TryRead(out var one))
                    Note(one);
                next = events.Reader.WaitToReadAsync(cancel).AsTask();
            }

            if (IsTable && clock.GetElapsedTime(listed) >= UsageEvery)
                mustList = true;
            if (await Refresh(cancel))
                listed = clock.GetTimestamp();
        }
    }

    /// <summary>Ends the channel with whatever ends the following: a key that is not valid any more.</summary>
    private async Task Follow(long since, ChannelWriter<CouchEvent> events, CancellationToken cancel)
    {
        try
        {
            var types = new EventFilter
            {
                Types = [EventTypes.AllOfGuests, EventTypes.InviteRedeemed, EventTypes.ProvisionFailed, EventTypes.VmDestroyed],
            };
            await foreach (var one in call.Couch.Events.Follow(since, types, cancel))
                await events.WriteAsync(one, cancel);
        }
        catch (Exception end) when (end is CouchException or OperationCanceledException)
        {
            events.TryComplete(end);
        }
    }

    private void Note(CouchEvent one)
    {
        if (one.Payload.ValueKind is not JsonValueKind.Object || !one.Payload.TryGetProperty("guestId", out var id)
            || id.GetString() is not { } guest)
            return;
        // Whether a new one is among those that were asked for, only the list says.
        if (HasFilter && !guests.ContainsKey(guest))
            mustList = true;
        else
            changed.Add(guest);
    }

    /// <summary>Asks for what has changed. What cannot be had stays to be asked for.</summary>
    /// <returns>Whether all were listed.</returns>
    private async Task<bool> Refresh(CancellationToken cancel)
    {
        try
        {
            if (mustList)
            {
                await List(cancel);
                return true;
            }

            foreach (var id in changed.ToList())
            {
                Take(await call.Couch.Guests.Get(id, cancel));
                changed.Remove(id);
                isAway = false;
            }
        }
        catch (CouchNotFoundException)
        {
            mustList = true;
        }
        catch (CouchUnavailableException) when (!cancel.IsCancellationRequested)
        {
            if (!isAway && !IsTable)
                call.Notes.Warn("the couch does not answer; trying again");
            isAway = true;
        }

        return false;
    }

    private async Task List(CancellationToken cancel)
    {
        var now = new Dictionary<string, Guest>();
        // A screen has an end: those that stay are on it, however many have come and gone after them.
        string?[] first = IsTable && filter.Status is null ? [GuestStatus.Running, GuestStatus.Provisioning] : [];
        foreach (var status in first.Append(filter.Status))
        {
            await foreach (var guest in call.Couch.Guests.List(filter with { Status = status }, cancel))
            {
                if (IsTable && now.Count >= Most)
                    break;
                now[guest.Id] = guest;
            }
        }

        foreach (var gone in guests.Keys.Except(now.Keys).ToList())
            guests.Remove(gone);
        foreach (var guest in now.Values)
            Take(guest);
        changed.Clear();
        (mustList, isAway) = (false, false);
    }

    /// <summary>Keeps what is now known of a guest; elsewhere than on a terminal, a change is a line.</summary>
    private void Take(Guest guest)
    {
        var isNews = !guests.TryGetValue(guest.Id, out var before)
            || (before.Status, before.AgentEndpoint, before.Vm.State, before.ExpiresAt)
                != (guest.Status, guest.AgentEndpoint, guest.Vm.State, guest.ExpiresAt);
        if (filter.Status is null || filter.Status == guest.Status)
            guests[guest.Id] = guest;
        else
            guests.Remove(guest.Id);
        if (isNews && !IsTable)
            call.Printer.Next(guest, GuestViews.Guest, _ => "");
    }

    private int Most => call.Get(CommonOptions.Limit) is > 0 and var limit ? limit : 1000;

    private string Screen()
    {
        var rows = guests.Values.OrderByDescending(guest => guest.Status is GuestStatus.Running)
            .ThenByDescending(guest => guest.IsStaying()).ThenByDescending(guest => guest.Id, StringComparer.Ordinal).ToList();
        var text = rows.Count == 0 ? "there are none\n" : Tables.List(rows, GuestViews.Guest, call.Surroundings, showSecrets: false);
        // At the top: what is below the terminal's end is not seen.
        return isAway ? "the couch does not answer; trying again\n" + text : text;
    }
}
