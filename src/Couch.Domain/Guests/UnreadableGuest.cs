using System.Text.Json;
using System.Text.Json.Nodes;
using Couch.Domain.Invites;
using Couch.Domain.Keys;
using Couch.Domain.Text;
using Couch.Domain.Values;
using Couch.Domain.Vms;

namespace Couch.Domain.Guests;

/// <summary>
/// A guest whose row this version cannot read: a newer version's, a damaged one, or one that was edited by hand. Only two facts are taken
/// from the row: whether the guest has ended, and when its time is up. Its end is written into the same row, and all other fields stay as
/// they are, for a version that can read them.
/// </summary>
/// <remarks>Pure, as <see cref="Guest"/>: a decision gives the row's next text.</remarks>
public sealed class UnreadableGuest
{
    private const string Unaccounted = "unaccounted";

    private readonly JsonObject fields;

    private UnreadableGuest(GuestId id, JsonObject fields) => (Id, this.fields) = (id, fields);

    /// <param name="text">The row as it is; where it is no JSON object, it is kept as a text in one.</param>
    public static UnreadableGuest Of(GuestId id, string text) =>
        new(id, Fields(text) ?? new JsonObject { ["id"] = id.Value, ["unreadable"] = text });

    /// <summary>The id that its row is kept under.</summary>
    public GuestId Id { get; }

    /// <summary>The invite that its row names; null where it names none.</summary>
    public InviteId? InviteId => Invites.InviteId.TryParse(Text(fields, "inviteId"), out var id) ? id : null;

    /// <summary>What its row says that it is called, as plain text; null where that is no text.</summary>
    public string? Name => ForeignText.Plain(Text(fields, "name"));

    /// <summary>The VM that its row names; null where it names none.</summary>
    public string? VmId => ForeignText.Plain(Text(fields, "vmId") ?? (Record("vm") is { } vm ? Text(vm, "id") : null));

    /// <summary>Where its row says that the VM is; null where it does not.</summary>
    public string? VmProvider => ForeignText.Plain(Record("vm") is { } vm ? Text(vm, "host") : null);

    /// <summary>How it has ended; null where its row does not say so in a word of this version.</summary>
    public GuestStatus? Ended =>
        Text(fields, "status") is { } word && Words.TryParse<GuestStatus>(word, out var status)
            && status is not (GuestStatus.Provisioning or GuestStatus.Running)
            ? status
            : null;

    /// <summary>
    /// When its time is up: the date in its row; if that is no date, its arrival plus its limit of duration; if that is no number, its
    /// arrival plus the longest stay.
    /// </summary>
    public DateTimeOffset EndsAt => Date(fields, "expiresAt") ?? Id.CreatedAt.AddWholeHours(Hours);

    /// <summary>
    /// Whether nothing is left to do at the VM provider: the provider has confirmed that nothing of the guest's is left, except a VM given
    /// by hand that the couch may not destroy.
    /// </summary>
    public bool IsReleased => Record("vm") is { } vm && (Date(vm, "destroyedAt") is not null || Text(vm, "state") == VmState.Left.Word());

    /// <summary>
    /// The VM that was given by hand according to the row; null where the row names none. The row is not trusted to say who gave it, so the
    /// VM is destroyed only if it carries the guest's claim.
    /// </summary>
    public GivenVm? Given =>
        Text(fields, "vmId") is { } id && (Record("vm") is not { } vm || Text(vm, "id") != id)
            ? new(id, GivenVmFate.LeftUnlessClaimed)
            : null;

    /// <summary>
    /// When it was killed, if the kill in its row has the same idempotency key: the same key gives the same answer, as for any guest.
    /// </summary>
    public DateTimeOffset? KilledBy(Idempotency? key, DateTimeOffset now) =>
        Record("killedUnder") is { } kept && key?.KeyHash == Text(kept, "keyHash") && Date(fields, "stoppedAt") is { } at
            && now < at + Idempotency.Remembered
            ? at
            : null;

    /// <summary>The row with its end written into it, and with the order to destroy what the guest may have at the VM provider.</summary>
    /// <param name="key">The idempotency key of the kill; null where it carried none, or it is another end.</param>
    /// <param name="vmProvider">The VM provider that is searched for its VM; null where there is none.</param>
    /// <exception cref="OutOfBoundsException">The actor or the key is out of bounds.</exception>
    public string End(GuestStatus status, EndReason reason, DateTimeOffset at, Actor? by, Idempotency? key, string? vmProvider) =>
        Changed(next =>
    {
        Bounds.Demand(Actor.WhyNot(by), key?.WhyNot());
        next["status"] = status.Word();
        next["endReason"] = reason.Word();
        next["stoppedAt"] = at.ToIso();
        next.Remove("endDetail");
        Keep("killedWith", by);
        Keep("endedWith", by);
        Keep("killedUnder", key);
        if (vmProvider is null)
        {
            // A row that says more of a VM waits for its provider: what is there is still to be destroyed.
            if (Record("vm") is { } alone && Text(alone, "state") == VmState.None.Word() && Text(fields, "vmId") is not null)
            {
                alone["state"] = VmState.Left.Word();
                next["vm"] = alone;
            }

            return;
        }

        // If the row says nothing about the VM, a create may be under way whose result will not be reported.
        var vm = Record("vm") ?? new() { [Unaccounted] = 1 };
        vm["host"] = Text(vm, "host") ?? vmProvider;
        vm["state"] = VmState.Destroying.Word();
        vm["destroyRequestedAt"] = at.ToIso();
        foreach (var other in new[] { "destroyedAt", "notBefore", "cleanSince" })
            vm.Remove(other);
        next["vm"] = vm;

        void Keep<T>(string name, T? value) where T : class
        {
            next.Remove(name);
            if (value is not null)
                next[name] = JsonSerializer.SerializeToNode(value, CouchJson.Stored);
        }
    });

    /// <summary>
    /// The moment from which a report that nothing of the guest's is left counts: at once, unless a create of unknown outcome may have left
    /// a VM that the provider does not show yet. Then a second report is needed, so much later that every list shows that VM.
    /// </summary>
    /// <param name="gone">The provider's current report.</param>
    public DateTimeOffset BelievedFrom(VmReport.Gone gone, DateTimeOffset now)
    {
        var vm = Record("vm") ?? [];
        if (vm["underWay"] is null && (vm[Unaccounted] is null || Number(vm, Unaccounted) is 0))
            return now;
        return (gone.HasDestroyed ? now : Date(vm, "cleanSince") ?? now) + VmTrack.ListsLag;
    }

    /// <summary>The row with the moment since when nothing of the guest's has been seen; this does not count as confirmed yet.</summary>
    public string Clean(DateTimeOffset since) => Changed(next =>
    {
        var vm = Record("vm") ?? new() { [Unaccounted] = 1 };
        vm["cleanSince"] = since.ToIso();
        next["vm"] = vm;
    });

    /// <summary>The row with what the VM provider has confirmed: nothing of the guest's is left.</summary>
    public string Gone(VmReport.Gone report, DateTimeOffset at) => Changed(next =>
    {
        var vm = Record("vm") ?? [];
        vm["state"] = (report.LeavesGiven ? VmState.Left : VmState.Destroyed).Word();
        vm[report.LeavesGiven ? "cleanSince" : "destroyedAt"] = at.ToIso();
        next["vm"] = vm;
    });

    private double Hours =>
        Number(Record("resourceLimits"), "maxDurationHours") is { } hours and > 0 and <= ResourceLimits.MostHours
            ? hours
            : ResourceLimits.MostHours;

    /// <summary>A copy with one field for each name; null where there is no such record.</summary>
    private JsonObject? Record(string name) => fields[name] is JsonObject record ? Fields(record.ToJsonString()) : null;

    private string Changed(Action<JsonObject> change)
    {
        var next = fields.DeepClone().AsObject();
        change(next);
        return next.ToJsonString(CouchJson.Stored);
    }

    /// <summary>
    /// The fields of an object, the last one of each name; null for a value that is not an object or cannot be written again.
    /// </summary>
    private static JsonObject? Fields(string text)
    {
        try
        {
            var row = JsonSerializer.Deserialize<JsonElement>(text);
            if (row.ValueKind is not JsonValueKind.Object)
                return null;
            var fields = new JsonObject();
            foreach (var field in row.EnumerateObject())
                fields[field.Name] = JsonSerializer.SerializeToNode(field.Value);
            fields.ToJsonString(CouchJson.Stored);
            return fields;
        }
        catch (Exception failure) when (failure is JsonException or InvalidOperationException or ArgumentException)
        {
            return null;
        }
    }

    private static DateTimeOffset? Date(JsonObject? record, string name) =>
        record?[name] is JsonValue value && value.TryGetValue<DateTimeOffset>(out var date) ? date : null;

    private static double? Number(JsonObject? record, string name) =>
        record?[name] is JsonValue value && value.TryGetValue<double>(out var number) ? number : null;

    private static string? Text(JsonObject record, string name) =>
        record[name] is JsonValue value && value.TryGetValue<string>(out var text) ? text : null;
}
