using System.Collections.Concurrent;
using System.Globalization;
using System.Text.Json.Nodes;
using Couch.Tests.Support;

namespace Couch.Tests.Fleets;

/// <summary>Remembers everything that the couch has acknowledged, and afterwards asks it whether that is still so.</summary>
internal sealed class Ledger
{
    /// <summary>
    /// Lists read the table, where counters come within a second and a write takes its time: asked for sooner, they only look lost.
    /// </summary>
    private static readonly TimeSpan UsageLag = TimeSpan.FromSeconds(5);

    /// <summary>Readers compute an end by time from the clock; a tick records it, and its event with it.</summary>
    private static readonly TimeSpan EndLag = TimeSpan.FromMinutes(2);

    /// <summary>How far the clocks of a test's nodes may be apart.</summary>
    public TimeSpan Skew { get; }

    private readonly ConcurrentDictionary<string, string> codes = new();
    private readonly ConcurrentDictionary<string, Stay> stays = new();
    private readonly ConcurrentBag<string> complaints = [];

    private readonly bool isLogged;

    /// <param name="skew">How far the clocks of the nodes may be apart.</param>
    /// <param name="isLogged">Whether all nodes are of a version that logs events.</param>
    public Ledger(TimeSpan skew = default, bool isLogged = true) => (Skew, this.isLogged) = (skew, isLogged);

    public int Invites => codes.Count;

    public IReadOnlyCollection<Stay> Stays => [.. stays.Values];

    /// <summary>Acknowledged writes: what is checked.</summary>
    public int Acknowledged => codes.Count + stays.Values.Sum(stay => 1 + stay.Usage.Count + (stay.Ended is null ? 0 : 1));

    public void Complain(string what) => complaints.Add(what);

    public void Invited(Answer invite) => codes[invite["id"]!] = invite["code"]!;

    /// <summary>A code was answered a guest. Complains where it had been answered another before.</summary>
    public Stay Redeemed(Answer invite, Answer redeemed)
    {
        var stay = new Stay(redeemed["guestId"]!, redeemed["authToken"]!, Time(redeemed["expiresAt"]!));
        var first = stays.GetOrAdd(invite["id"]!, stay);
        if (first.GuestId != stay.GuestId)
            Complain($"code of invite {invite["id"]} was redeemed by {first.GuestId} and by {stay.GuestId}");
        return first;
    }

    /// <summary>Everything that is not as it was acknowledged; empty where nothing was lost.</summary>
    public async Task<IReadOnlyList<string>> Check(Balancer couch, IReadOnlyList<Fault> faults)
    {
        var invites = await All(couch, "invites");
        await Until.Holds(
            async () => await All(couch, "guests") is var shown && stays.Values.All(stay => stay.UsageIsIn(shown, faults)), UsageLag);
        var asked = TimeProvider.System.GetUtcNow();
        var guests = await All(couch, "guests");
        var told = TimeProvider.System.GetUtcNow();
        var found = new List<string>(complaints);
        foreach (var (id, code) in codes)
        {
            if (!invites.TryGetValue(id, out var invite))
                found.Add($"invite {id} is lost");
            else if (Text(invite, "code") != code)
                found.Add($"invite {id} has another code");
            else if (stays.TryGetValue(id, out var stay) && (Text(invite, "status"), Text(invite, "guestId")) != ("redeemed", stay.GuestId))
                found.Add($"invite {id} was redeemed by {stay.GuestId} and is {invite}");
        }

        foreach (var stay in stays.Values)
        {
            if (guests.TryGetValue(stay.GuestId, out var guest))
                found.AddRange(stay.WhyWrong(guest, asked - Skew, told + Skew, faults));
            else
                found.Add($"guest {stay.GuestId} is lost");
        }

        foreach (var twice in guests.Values.GroupBy(guest => Text(guest, "inviteId")).Where(group => group.Count() > 1))
            found.Add($"invite {twice.Key} has {twice.Count()} guests");
        if (isLogged)
            found.AddRange(NotLoggedOnce(await AllEvents(couch), Acknowledgements));
        return found;
    }

    /// <summary>
    /// Once every stay is over: whatever is shown as ended by its time, and each receipt that is shown, has exactly one event.
    /// </summary>
    public async Task<IReadOnlyList<string>> CheckEnds(Balancer couch)
    {
        if (!isLogged)
            return [];
        var guests = await All(couch, "guests");
        var invites = await All(couch, "invites");
        List<(string Type, string Subject)> shown =
        [
            .. guests.Where(guest => Text(guest.Value, "status") is "expired").Select(guest => ("couch.guest.expired", guest.Key)),
            .. guests.Where(guest => guest.Value["vm"]?["destroyedAt"] is not null).Select(guest => ("couch.vm.destroyed", guest.Key)),
            .. invites.Where(invite => Text(invite.Value, "status") is "expired").Select(invite => ("couch.invite.expired", invite.Key)),
        ];
        foreach (var kind in new[] { "couch.guest.expired", "couch.vm.destroyed", "couch.invite.expired" })
        {
            if (shown.All(one => one.Type != kind))
                return [$"nothing that was shown has a {kind}: nothing is claimed of it"];
        }

        var found = new List<string>();
        await Until.Holds(
            async () =>
            {
                found = [.. NotLoggedOnce(await AllEvents(couch), shown)];
                return found.Count is 0;
            },
            EndLag);
        return found;
    }

    /// <summary>What acknowledged transitions have.</summary>
    private IEnumerable<(string Type, string Subject)> Acknowledgements =>
        codes.Keys.Select(invite => ("couch.invite.created", invite)).Concat(stays.Values.SelectMany(stay => stay.Logged));

    /// <summary>Those that have not exactly one event.</summary>
    private static IEnumerable<string> NotLoggedOnce(
        IReadOnlyList<JsonNode> events, IEnumerable<(string Type, string Subject)> expected)
    {
        var logged = events.ToLookup(one => (Text(one, "type"), Text(one["payload"]!, "guestId") ?? Text(one["payload"]!, "inviteId")));
        foreach (var (type, subject) in expected)
        {
            if (logged[(type, subject)].Count() is var times && times is not 1)
                yield return $"{type} of {subject} is logged {times} times";
        }
    }

    private static async Task<IReadOnlyList<JsonNode>> AllEvents(Balancer couch)
    {
        var events = new List<JsonNode>();
        string? since = "0";
        while (since is not null)
        {
            var page = (await couch.Send(HttpMethod.Get, $"/couch/events?limit=1000&since_id={since}")).Answer.Is(200);
            events.AddRange(page.Json["events"]!.AsArray().Select(one => one!));
            since = page["nextCursor"];
        }

        return events;
    }

    /// <summary>Every row of a list, by id.</summary>
    public static async Task<Dictionary<string, JsonNode>> All(Balancer couch, string list)
    {
        var rows = new Dictionary<string, JsonNode>();
        string? cursor = null;
        do
        {
            var page = (await couch.Send(HttpMethod.Get, $"/couch/{list}?limit=1000{(cursor is null ? "" : $"&cursor={cursor}")}"))
                .Answer.Is(200);
            foreach (var row in page.Json[list]!.AsArray())
                rows.Add(Text(row!, "id")!, row!);
            cursor = page["nextCursor"];
        }
        while (cursor is not null);
        return rows;
    }

    internal static string? Text(JsonNode row, string field) => row[field]?.ToString();

    internal static DateTimeOffset Time(string text) => DateTimeOffset.Parse(text, CultureInfo.InvariantCulture);
}

/// <summary>A stay that was acknowledged, and what has been acknowledged of it since. Used by one caller at a time.</summary>
internal sealed class Stay(string guestId, string token, DateTimeOffset expiresAt)
{
    public string GuestId => guestId;

    public string Token => token;

    public DateTimeOffset ExpiresAt => expiresAt;

    /// <summary>Tokens used, and when that was acknowledged.</summary>
    public List<(int Tokens, DateTimeOffset At)> Usage { get; } = [];

    /// <summary>The status in which a caller has ended it; null where none has.</summary>
    public string? Ended { get; set; }

    /// <summary>Whether a caller has been told that it runs.</summary>
    public bool HasRun { get; set; }

    /// <summary>The events that its acknowledged transitions have.</summary>
    public IEnumerable<(string Type, string Subject)> Logged
    {
        get
        {
            yield return ("couch.invite.redeemed", guestId);
            if (HasRun)
                yield return ("couch.guest.activated", guestId);
            if (Ended is not null)
                yield return (Ended is "revoked" ? "couch.guest.killed" : "couch.guest.stopped", guestId);
        }
    }

    /// <param name="guest">As the couch tells of it.</param>
    /// <param name="asked">Before it was told, by the clock that is most late.</param>
    /// <param name="told">After it was told, by the clock that is most ahead.</param>
    /// <param name="faults">What may have cost it usage.</param>
    public IEnumerable<string> WhyWrong(JsonNode guest, DateTimeOffset asked, DateTimeOffset told, IReadOnlyList<Fault> faults)
    {
        var status = Ledger.Text(guest, "status");
        string[] may = Ended is not null ? [Ended]
            : told < ExpiresAt ? ["provisioning", "running"]
            : asked > ExpiresAt ? ["expired"]
            : ["provisioning", "running", "expired"];
        if (!may.Contains(status))
            yield return $"guest {GuestId} must be {string.Join(" or ", may)}, and is {guest}";
        if (Ledger.Text(guest, "stoppedAt") is { } stopped && status is "expired" && Ledger.Time(stopped) < ExpiresAt)
            yield return $"guest {GuestId} ended at {stopped}, before its time at {ExpiresAt:O}";

        if (Kept(guest) is var kept && Least(faults) is var least && kept < least.Tokens)
            yield return $"guest {GuestId} used {least.Tokens} tokens, acknowledged {(asked - least.At).TotalSeconds:0.0} s before it was "
                + $"asked, and {kept} are kept";
    }

    /// <summary>Whether a list shows what was acknowledged; a guest that is not in it is not what this is about.</summary>
    public bool UsageIsIn(Dictionary<string, JsonNode> guests, IReadOnlyList<Fault> faults) =>
        !guests.TryGetValue(GuestId, out var guest) || Kept(guest) >= Least(faults).Tokens;

    private static int Kept(JsonNode guest) => (int)guest["resourceUsage"]!["tokensUsed"]!;

    /// <summary>The most that no fault may have lost.</summary>
    private (int Tokens, DateTimeOffset At) Least(IReadOnlyList<Fault> faults) =>
        Usage.Where(used => !faults.Any(fault => fault.Excuses(used.At))).DefaultIfEmpty().MaxBy(used => used.Tokens);
}
