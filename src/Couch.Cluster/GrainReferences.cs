using Couch.Cluster.Bulk;
using Couch.Cluster.Guests;
using Couch.Cluster.Invites;
using Couch.Cluster.Keys;
using Couch.Cluster.Storage;
using Couch.Cluster.Webhooks;
using Couch.Domain.Bulk;
using Couch.Domain.Guests;
using Couch.Domain.Invites;
using Couch.Domain.Keys;
using Couch.Domain.Webhooks;

namespace Couch.Cluster;

/// <summary>References to grains by their typed ids.</summary>
public static class GrainReferences
{
    /// <summary>The invite's grain, whether or not it has a row.</summary>
    /// <exception cref="SiloUnavailableException">This process has not reached a silo yet.</exception>
    public static IInviteGrain Invite(this IGrainFactory grains, InviteId id) =>
        Reference<IInviteGrain>.To(grains, GrainKinds.Invite, id.Value);

    /// <summary>The guest's grain, whether or not it has a row.</summary>
    /// <exception cref="SiloUnavailableException">This process has not reached a silo yet.</exception>
    public static IGuestGrain Guest(this IGrainFactory grains, GuestId id) => Reference<IGuestGrain>.To(grains, GrainKinds.Guest, id.Value);

    /// <summary>The host key's grain, whether or not it has a row.</summary>
    /// <exception cref="SiloUnavailableException">This process has not reached a silo yet.</exception>
    public static IHostKeyGrain HostKey(this IGrainFactory grains, HostKeyId id) =>
        Reference<IHostKeyGrain>.To(grains, GrainKinds.HostKey, id.Value);

    /// <summary>The webhook's grain, whether or not it has a row.</summary>
    /// <exception cref="SiloUnavailableException">This process has not reached a silo yet.</exception>
    public static IWebhookGrain Webhook(this IGrainFactory grains, WebhookId id) =>
        Reference<IWebhookGrain>.To(grains, GrainKinds.Webhook, id.Value);

    /// <summary>The bulk order's grain, whether or not it has a row.</summary>
    /// <exception cref="SiloUnavailableException">This process has not reached a silo yet.</exception>
    public static IBulkOrderGrain BulkOrder(this IGrainFactory grains, BulkOrderId id) =>
        Reference<IBulkOrderGrain>.To(grains, GrainKinds.BulkOrder, id.Value);

    /// <summary>
    /// When asked by type, Orleans computes the interface's name by reflection at every call, which is a tenth of the cost of a
    /// status poll. This class asks once and caches the reference.
    /// </summary>
    private static class Reference<TGrain> where TGrain : class, IGrainWithStringKey
    {
        private static GrainReference? any;

        public static TGrain To(IGrainFactory grains, string kind, string id)
        {
            any ??= First(grains, kind);
            return (TGrain)grains.GetGrain(GrainId.Create(kind, id), any.InterfaceType);
        }

        /// <summary>
        /// A gateway learns which grains exist from the first silo that it connects to. Until then this call fails, because no silo
        /// is known.
        /// </summary>
        private static GrainReference First(IGrainFactory grains, string kind)
        {
            try
            {
                return (GrainReference)(object)grains.GetGrain<TGrain>(kind);
            }
            catch (ArgumentException unknown)
            {
                throw new SiloUnavailableException("no silo has been reached yet", unknown);
            }
        }
    }
}
