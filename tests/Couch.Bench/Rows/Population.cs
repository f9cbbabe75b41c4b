using System.Security.Cryptography;
using Couch.Domain.Guests;
using Couch.Domain.Invites;
using Couch.Domain.Text;
using Couch.Domain.Vms;

namespace Couch.Bench.Rows;

/// <summary>
/// What is stored before anything is measured: so many guests, the spent invites that brought them, and as many open
/// invites, all made within the last hour. Nothing is due before the benchmark is long over.
/// </summary>
internal record Population(IReadOnlyList<Guest> Guests, IReadOnlyList<Invite> Spent, IReadOnlyList<Invite> Open)
{
    private static readonly TimeSpan Within = TimeSpan.FromHours(1);
    private static readonly RandomNumberGenerator Random = RandomNumberGenerator.Create();

    public static Population Of(int count)
    {
        var began = TimeProvider.System.Now() - Within;
        var guests = new List<Guest>(count);
        var spent = new List<Invite>(count);
        var open = new List<Invite>(count);
        for (var index = 0; index < count; index++)
        {
            var time = began + TimeSpan.FromMilliseconds(Math.Floor(Within.TotalMilliseconds * index / count));
            spent.Add(Redeemed(NewInvite(time), time));
            guests.Add(Guest.Arriving(spent[^1]));
            open.Add(NewInvite(time));
        }

        return new(guests, spent, open);
    }

    /// <summary>The guest once its VM is ready; its time is up at <paramref name="end"/>.</summary>
    public static Guest Running(Guest guest, string vmId, string endpoint, DateTimeOffset end) => guest with
    {
        Status = GuestStatus.Running,
        VmId = vmId,
        AgentEndpoint = endpoint,
        ExpiresAt = end,
        Vm = new()
        {
            Host = "vers", State = VmState.Ready, Id = vmId, Endpoint = endpoint, Attempts = 1, RequestedAt = guest.CreatedAt,
            ReadyAt = guest.CreatedAt,
        },
    };

    public static Invite NewInvite(DateTimeOffset time) => NewInvite(InviteId.New(time, Random));

    protected static Invite NewInvite(InviteId id) => Invite.Create(new CreateInvite
    {
        Id = id,
        CreatedBy = Wording.CreatedBy,
        Label = Wording.Label,
        ResourceLimits = ResourceLimits.Default,
        Permissions = Permissions.Default,
        Enforcement = Enforcement.Stop,
        ExpiresInHours = Invite.DefaultOpenHours,
    });

    public static Invite Redeemed(Invite invite, DateTimeOffset time) => Redeemed(invite, GuestId.New(time, Random));

    protected static Invite Redeemed(Invite invite, GuestId guest) =>
        invite.Redeem(new RedeemInvite { GuestName = Wording.GuestName }, guest, guest.CreatedAt) is RedeemOutcome.Redeemed redeemed
            ? redeemed.Invite
            : throw new InvalidOperationException($"the invite {invite.Id} is {invite.Status}");

    public virtual IEnumerable<StoredRow> Rows =>
        Guests.Select(StoredRow.Of).Concat(
            Spent.Concat(Open).OrderBy(invite => invite.Id.Value, StringComparer.Ordinal).Select(StoredRow.Of));
}

/// <summary>What invites and guests are called here: the same on both sides, because a row's length is part of its cost.</summary>
internal static class Wording
{
    public const string CreatedBy = "bench";
    public const string Label = "bench";
    public const string GuestName = "bench";
}
