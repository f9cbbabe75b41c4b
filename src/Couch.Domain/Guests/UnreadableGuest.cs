using System.Text.Json;
using System.Text.Json.Nodes;
using Couch.Domain.Keys;
using Couch.Domain.Text;
using Couch.Domain.Vms;

namespace Couch.Domain.Guests;

/// <summary>
/// A guest whose row this version cannot read: a newer version's, a damaged one, or one that was edited by hand. Nothing is
/// believed of it but what ends it: whether its row says that it has ended, and when its time is up. Its end is written into
/// the same row, and whatever else stands there stays as it is, for whoever can read it.
/// </summary>
/// <remarks>Pure, as <see cref="Guest"/>: a decision gives the row's next text.</remarks>
public sealed class UnreadableGuest
{
    private readonly GuestId id;
    private readonly JsonObject fields;

    private UnreadableGuest(GuestId id, JsonObject fields) => (this.id, this.fields) = (id, fields);

    /// <param name="text">The row as it is; where it is no JSON object, it is kept as a text in one.</param>
    public static UnreadableGuest Of(GuestId id, string text) =>
        new(id, Fields(text) ?? new JsonObject { ["id"] = id.Value, ["unreadable"] = text });

    /// <summary>How it has ended; null where its row does not say so in a word of this version.</summary>
    public GuestStatus? Ended =>
        Text(fields, "status") is { } word && Words.TryParse<GuestStatus>(word, out var status) && status is not (GuestStatus.Provisioning or GuestStatus.Running)
            ? status
            : null;

    /// <summary>When its time is up: as its row says; where that is no date, its limit of duration after it arrived; where that is no number, the longest stay.</summary>
    public DateTimeOffset EndsAt => Date(fields, "expiresAt") ?? id.CreatedAt.AddWholeHours(Hours);

    /// <summary>Whether nothing is left to do at the VM host: it has confirmed that nothing of the guest's is left, but for a VM given by hand that is not ours to destroy.</summary>
    public bool IsReleased => Record("vm") is { } vm && (Date(vm, "destroyedAt") is not null || Text(vm, "state") == VmState.Left.Word());

    /// <summary>The VM that the row says was given by hand; null where it says none. Who gave it is not believed, so it goes only with the guest's claim on it.</summary>
    public GivenVm? Given =>
        Text(fields, "vmId") is { } id && (Record("vm") is not { } vm || Text(vm, "id") != id) ? new(id, GivenVmFate.LeftUnlessClaimed) : null;

    /// <summary>The row with its end written into it; what it owes at the VM host is to be destroyed.</summary>
    /// <param name="vmHost">Where its VM is looked for; null where there is no VM host, and nobody to ask.</param>
    public string End(GuestStatus status, EndReason reason, DateTimeOffset at, Actor? by, string? vmHost) => Changed(next =>
    {
        next["status"] = status.Word();
        next["endReason"] = reason.Word();
        next["stoppedAt"] = at.ToIso();
        next.Remove("endDetail");
        if (by is not null)
            next["killedWith"] = JsonSerializer.SerializeToNode(by, CouchJson.Stored);
        if (vmHost is null)
            return;

        var vm = Record("vm") ?? [];
        vm["host"] = Text(vm, "host") ?? vmHost;
        vm["state"] = VmState.Destroying.Word();
        vm["destroyRequestedAt"] = at.ToIso();
        vm.Remove("destroyedAt");
        vm.Remove("notBefore");
        next["vm"] = vm;
    });

    /// <summary>The row with what the VM host has confirmed: nothing of the guest's is left.</summary>
    public string Gone(VmReport.Gone report, DateTimeOffset at) => Changed(next =>
    {
        var vm = Record("vm") ?? [];
        vm["state"] = (report.LeavesGiven ? VmState.Left : VmState.Destroyed).Word();
        vm[report.LeavesGiven ? "cleanSince" : "destroyedAt"] = at.ToIso();
        next["vm"] = vm;
    });

    private double Hours =>
        Number(Record("resourceLimits"), "maxDurationHours") is { } hours and > 0 and <= ResourceLimits.MostHours ? hours : ResourceLimits.MostHours;

    /// <summary>A copy, of whose fields each name has one; null where there is no such record.</summary>
    private JsonObject? Record(string name) => fields[name] is JsonObject record ? Fields(record.ToJsonString()) : null;

    private string Changed(Action<JsonObject> change)
    {
        var next = fields.DeepClone().AsObject();
        change(next);
        return next.ToJsonString(CouchJson.Stored);
    }

    /// <summary>The fields of an object, the last of each name; null for what is none, or could not be written again.</summary>
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
