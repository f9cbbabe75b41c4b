using System.Diagnostics.Metrics;
using Couch.Cluster.Storage;
using Couch.Domain.Guests;
using Couch.Domain.Text;
using Couch.Domain.Vms;

namespace Couch.Cluster.Telemetry;

/// <summary>
/// The couch's own instruments; the counter of an event has its event's name in the log. Labels are words of closed sets: no label
/// identifies a guest. The table in docs/operations.md says what each means.
/// </summary>
public sealed class CouchMeter
{
    /// <summary>The meter's name, for listeners.</summary>
    public const string Name = "Couch";

    private readonly Counter<long> inviteCreated;
    private readonly Counter<long> inviteRedeemed;
    private readonly Counter<long> inviteRevoked;
    private readonly Counter<long> inviteExpired;
    private readonly Counter<long> guestActivated;
    private readonly Counter<long> guestEnded;
    private readonly Counter<long> usageDropped;
    private readonly Counter<long> retries;
    private readonly Counter<long> unaccounted;
    private readonly Counter<long> found;
    private readonly Counter<long> purged;
    private readonly Counter<long> refusals;
    private readonly Counter<long> refusedNodes;
    private readonly Counter<long> eventsSent;
    private readonly Histogram<double> eventLag;
    private readonly Counter<long> webhookSent;
    private readonly Counter<long> webhookParked;
    private readonly Histogram<double> provision;
    private readonly Histogram<double> destroy;
    private readonly Histogram<double> calls;
    private readonly Histogram<double> sweep;

    // Counted by housekeeping, so reported only by the node that runs it; null on all others.
    private IReadOnlyDictionary<GuestStatus, long>? guests;
    private int following;
    private long? unclaimed;
    private long? unreadable;

    /// <summary>Makes all instruments, on a meter named <see cref="Name"/>.</summary>
    public CouchMeter(IMeterFactory meters)
    {
        var meter = meters.Create(Name);
        inviteCreated = meter.CreateCounter<long>("couch.invite.created", "{invite}", "Invites written.");
        inviteRedeemed = meter.CreateCounter<long>("couch.invite.redeemed", "{invite}", "Invites spent by their one guest.");
        inviteRevoked = meter.CreateCounter<long>("couch.invite.revoked", "{invite}", "Invites taken back by a host.");
        inviteExpired = meter.CreateCounter<long>("couch.invite.expired", "{invite}", "Invites whose expiry has been recorded.");
        guestActivated = meter.CreateCounter<long>("couch.guest.activated", "{guest}", "Guests that began to run.");
        guestEnded = meter.CreateCounter<long>("couch.guest.ended", "{guest}", "Stays that ended, by reason.");
        usageDropped = meter.CreateCounter<long>(
            "couch.usage.dropped", "{counter}", "Counters in usage reports that nothing can have: not finite, negative or beyond 2^53.");
        retries = meter.CreateCounter<long>("couch.vm.retries", "{retry}", "What failed at the VM provider and is tried again.");
        unaccounted = meter.CreateCounter<long>(
            "couch.vm.unaccounted", "{vm}", "Creates of unknown outcome: each may have left a VM without a claim.");
        found = meter.CreateCounter<long>("couch.housekeeping.found", "{finding}", "What the safety net found; should stay at zero.");
        purged = meter.CreateCounter<long>(
            "couch.housekeeping.purged", "{row}", "Rows deleted because they were past for longer than they are kept, by kind.");
        refusals = meter.CreateCounter<long>("couch.refusals", "{refusal}", "Requests answered with a problem, by reason.");
        refusedNodes = meter.CreateCounter<long>(
            "couch.node.refused", "{connection}", "Connections between processes that did not prove themselves; should stay at zero.");
        eventLag = Seconds(
            meter, "couch.event.lag", "From an event's time to when this process has read it for its followers.", Moments);
        eventsSent = meter.CreateCounter<long>("couch.event.sent", "{event}", "Events sent into open streams.");
        meter.CreateObservableUpDownCounter(
            "couch.event.followers", () => Volatile.Read(ref following), "{stream}", "Readers that follow the log of events here.");
        webhookSent = meter.CreateCounter<long>("couch.webhook.sent", "{event}", "Events sent to webhooks' receivers, by outcome.");
        webhookParked = meter.CreateCounter<long>(
            "couch.webhook.parked", "{webhook}", "Webhooks given up until a host resumes them; should stay at zero.");
        provision = Seconds(meter, "couch.vm.provision.duration", "From a VM's intent to its being ready.", Minutes);
        destroy = Seconds(meter, "couch.vm.destroy.duration", "From a stay's end to the receipt that nothing of its VM is left.", Minutes);
        calls = Seconds(meter, "couch.vm.call.duration", "Calls at the VM provider, by kind and outcome.", Moments);
        sweep = Seconds(meter, "couch.housekeeping.duration", "Passes of the safety net.", Moments);
        meter.CreateObservableUpDownCounter(
            "couch.guest.count", CountedGuests, "{guest}", "Guests stored, by status, as housekeeping last counted them.");
        meter.CreateObservableUpDownCounter("couch.row.unreadable", CountedUnreadable, "{row}", "Rows stored that this version cannot "
            + "read, as housekeeping last found them; should stay at zero.");
        meter.CreateObservableUpDownCounter(
            "couch.vm.unclaimed", CountedUnclaimed, "{vm}", "VMs at the provider that nobody claims, as housekeeping last counted them.");
    }

    /// <summary>Sets <c>couch.event.followers</c>: the number of readers that follow the log in this process.</summary>
    public void FollowEvents(int readers) => Volatile.Write(ref following, readers);

    /// <summary>
    /// Records in <c>couch.event.lag</c>, in seconds; a negative value, which clocks that differ produce, is recorded as 0.
    /// </summary>
    public void EventSeen(TimeSpan lag) => eventLag.Record(Math.Max(lag.TotalSeconds, 0));

    /// <summary>Adds to <c>couch.event.sent</c>.</summary>
    public void EventsSent(int count) => eventsSent.Add(count);

    /// <param name="outcome"><c>delivered</c> or <c>failed</c>.</param>
    public void WebhookSent(string outcome, long count = 1) => webhookSent.Add(count, Label("couch.webhook.outcome", outcome));

    /// <summary>Adds 1 to <c>couch.webhook.parked</c>.</summary>
    public void WebhookParked() => webhookParked.Add(1);

    /// <summary>Adds 1 to <c>couch.invite.created</c>: the invite's row has been made.</summary>
    public void InviteCreated() => inviteCreated.Add(1);

    /// <summary>Adds 1 to <c>couch.invite.redeemed</c>; a repeated redeem is not counted again.</summary>
    public void InviteRedeemed() => inviteRedeemed.Add(1);

    /// <summary>Adds 1 to <c>couch.invite.revoked</c>; a repeated revoke is not counted again.</summary>
    public void InviteRevoked() => inviteRevoked.Add(1);

    /// <summary>Adds 1 to <c>couch.invite.expired</c>: the expiry has been recorded, which may be later than it was due.</summary>
    public void InviteExpired() => inviteExpired.Add(1);

    /// <summary>Adds 1 to <c>couch.guest.activated</c>: a guest has gone from provisioning to running.</summary>
    public void GuestActivated() => guestActivated.Add(1);

    /// <summary>Adds 1 to <c>couch.guest.ended</c> under the reason's word.</summary>
    public void GuestEnded(EndReason reason) => guestEnded.Add(1, Label("couch.guest.end_reason", reason.Word()));

    /// <summary>Counts a report's counters that were dropped.</summary>
    public void UsageDropped(int count) => usageDropped.Add(count);

    /// <summary>Records the duration of provisioning for a VM that has just been seen ready.</summary>
    public void Provisioned(Vm vm) => Record(provision, vm, vm.ReadyAt - vm.RequestedAt);

    /// <summary>Records the duration of the destroy for a VM whose receipt has just been written.</summary>
    public void Destroyed(Vm vm) => Record(destroy, vm, vm.DestroyedAt - vm.DestroyRequestedAt);

    /// <summary>Adds 1 to <c>couch.vm.retries</c> under the stage's word.</summary>
    public void Retried(VmStage stage) => retries.Add(1, Label("couch.vm.stage", stage.Word()));

    /// <summary>Counts a create of unknown outcome.</summary>
    public void Unaccounted() => unaccounted.Add(1);

    /// <summary>Adds <paramref name="count"/>, which may be 0, to <c>couch.housekeeping.found</c> under the finding's word.</summary>
    public void Found(Finding finding, long count = 1) => found.Add(count, Label("couch.housekeeping.finding", finding.Word()));

    /// <param name="kind">One of <see cref="GrainKinds"/>.</param>
    public void Purged(string kind, long count = 1) => purged.Add(count, Label("couch.housekeeping.kind", kind));

    /// <param name="reason">One of a closed set of words.</param>
    public void Refused(string reason) => refusals.Add(1, Label("couch.refusal.reason", reason));

    /// <summary>
    /// Counts a connection at a silo port or a gateway port, or to one, without the proof that both sides belong to this couch.
    /// </summary>
    public void NodeRefused() => refusedNodes.Add(1);

    /// <summary>Records one pass over the table in <c>couch.housekeeping.duration</c>, in seconds.</summary>
    public void Swept(TimeSpan took) => sweep.Record(took.TotalSeconds);

    /// <param name="call">The call's name, one of <see cref="Vms.IVmProvider"/>'s.</param>
    internal void Called(string host, string call, string outcome, TimeSpan took) =>
        calls.Record(took.TotalSeconds, Label(HostLabel, host), Label("couch.vm.call", call), Label("couch.vm.outcome", outcome));

    /// <summary>
    /// Sets how many guests there are; a status that is not named has none. Null: this node no longer reports it.
    /// </summary>
    public void CountGuests(IReadOnlyDictionary<GuestStatus, long>? counts) => guests = counts;

    /// <summary>Sets how many VMs carry no claim. Null: this node no longer reports it.</summary>
    public void CountUnclaimed(long? count) => unclaimed = count;

    /// <summary>Sets how many rows cannot be read. Null: this node no longer reports it.</summary>
    public void CountUnreadable(long? count) => unreadable = count;

    /// <summary>
    /// Creates every counter's series at 0, because monitoring that computes rates does not see the first increase of a series that
    /// did not exist before.
    /// </summary>
    public void BeginAtZero()
    {
        foreach (var counter in new[]
        {
            inviteCreated, inviteRedeemed, inviteRevoked, inviteExpired, guestActivated, usageDropped, unaccounted, refusedNodes,
            eventsSent, webhookParked,
        })
            counter.Add(0);
        foreach (var reason in Enum.GetValues<EndReason>())
            guestEnded.Add(0, Label("couch.guest.end_reason", reason.Word()));
        foreach (var stage in Enum.GetValues<VmStage>())
            retries.Add(0, Label("couch.vm.stage", stage.Word()));
        foreach (var finding in Enum.GetValues<Finding>())
            Found(finding, 0);
        foreach (var kind in new[] { GrainKinds.Invite, GrainKinds.Guest })
            Purged(kind, 0);
        foreach (var outcome in new[] { "delivered", "failed" })
            WebhookSent(outcome, 0);
    }

    private const string HostLabel = "couch.vm.host";

    private static readonly double[] Moments = [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 2, 5, 10, 30, 60];

    private static readonly double[] Minutes = [0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10, 30, 60, 300, 900, 3600];

    private static Histogram<double> Seconds(Meter meter, string name, string description, double[] bounds) =>
        meter.CreateHistogram(name, "s", description, null, new InstrumentAdvice<double> { HistogramBucketBoundaries = bounds });

    private static KeyValuePair<string, object?> Label(string name, string value) => new(name, value);

    private static void Record(Histogram<double> histogram, Vm vm, TimeSpan? took)
    {
        if (took is { } known)
            histogram.Record(Math.Max(known.TotalSeconds, 0), Label(HostLabel, vm.Host ?? "none"));
    }

    private IEnumerable<Measurement<long>> CountedGuests() =>
        guests is { } counted
            ? Enum.GetValues<GuestStatus>().Select(
                status => new Measurement<long>(counted.GetValueOrDefault(status), Label("couch.guest.status", status.Word())))
            : [];

    private IEnumerable<Measurement<long>> CountedUnreadable() => unreadable is { } counted ? [new(counted)] : [];

    private IEnumerable<Measurement<long>> CountedUnclaimed() => unclaimed is { } counted ? [new(counted)] : [];
}
