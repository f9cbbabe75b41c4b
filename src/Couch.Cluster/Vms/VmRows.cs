using System.Data.Common;
using Couch.Cluster.Storage;
using Couch.Domain.Guests;
using Couch.Domain.Text;
using Couch.Domain.Vms;

namespace Couch.Cluster.Vms;

/// <summary>What guests' rows say of their VMs. A value that makes no sense is left out of an answer, and never fails it.</summary>
public sealed class VmRows(CouchDatabase database)
{
    private const string GuestVmColumns =
        "SELECT id, status, state ->> 'vmId', CAST(state -> 'vm' AS text) FROM grain_state WHERE service = @service AND kind = @kind";

    internal const string OpenVmsQuery = GuestVmColumns + " AND has_vm";

    private const int IdsAtOnce = 500;

    /// <summary>Every guest to which something at a VM provider may still belong.</summary>
    public Task<IReadOnlyList<GuestVm>> OpenVms(CancellationToken cancel) => Vms(OpenVmsQuery, [], cancel);

    /// <summary>The rows of these guests, whatever they say; a guest without a row is not among them.</summary>
    public async Task<IReadOnlyList<GuestVm>> VmsOf(IReadOnlyList<GuestId> guests, CancellationToken cancel)
    {
        var rows = new List<GuestVm>();
        foreach (var some in guests.Chunk(IdsAtOnce))
        {
            var names = string.Join(", ", some.Select((_, number) => $"@id{number}"));
            rows.AddRange(await Vms($"{GuestVmColumns} AND id IN ({names})", some, cancel));
        }

        return rows;
    }

    private async Task<IReadOnlyList<GuestVm>> Vms(string query, GuestId[] ids, CancellationToken cancel)
    {
        var rows = await database.Ask(
            query, [("kind", GrainKinds.Guest), .. ids.Select((id, number) => ($"id{number}", (object)id.Value))], ReadVm, cancel);
        return [.. rows.OfType<GuestVm>()];
    }

    /// <summary>As much as the columns say. Nothing is concluded from columns that this version does not understand.</summary>
    private static GuestVm? ReadVm(DbDataReader row)
    {
        if (row.Guest(0) is not { } guest)
            return null;
        var status = row.IsDBNull(1) ? "" : row.GetString(1);
        var vm = row.IsDBNull(3) ? Vm.None : StoredJson.TryRead<Vm>("", row.GetString(3), out _);
        return new(guest, status is "provisioning" or "running", row.IsDBNull(2) ? null : row.GetString(2), vm ?? Vm.None)
        {
            IsUnreadable = vm is null || !Words.TryParse<GuestStatus>(status, out _),
        };
    }
}
