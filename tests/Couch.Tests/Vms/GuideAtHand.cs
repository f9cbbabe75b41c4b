using Couch.Cluster.Vms;
using Couch.Cluster.Vms.Guide;
using Couch.Domain.Guests;
using Couch.Tests.Support;

namespace Couch.Tests.Vms;

/// <summary>A guide with a real token in it, and an order that has it.</summary>
internal static class GuideAtHand
{
    /// <summary>Where the guide's files are in a VM.</summary>
    public const string Env = "/run/couch/env";

    public const string Limits = "/run/couch/limits.json";

    public const string Readme = "/run/couch/README.md";

    public static (VmGuide Guide, string Token) Make()
    {
        var (keys, guest) = (Some.Keys(), Some.Guest());
        return (new VmGuides("https://couch.example", keys).Of(guest)!, keys.Sign(guest.Id).Reveal());
    }

    public static VmOrder Order(VmGuide guide) => new()
    {
        Guest = GuestId.New(Some.Time, Some.Random),
        Installation = "this-couch",
        MayExist = false,
        Limits = ResourceLimits.Default,
        Permissions = Permissions.Default,
        Guide = guide,
    };
}
