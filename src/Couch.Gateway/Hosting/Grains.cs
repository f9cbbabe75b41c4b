using Couch.Cluster.Guests;
using Couch.Cluster.Invites;
using Couch.Domain.Guests;
using Couch.Domain.Invites;

namespace Couch.Gateway.Hosting;

internal static class Grains
{
    public static IInviteGrain Invite(this IGrainFactory grains, InviteId id) => grains.GetGrain<IInviteGrain>(id.Value);

    public static IGuestGrain Guest(this IGrainFactory grains, GuestId id) => grains.GetGrain<IGuestGrain>(id.Value);
}
