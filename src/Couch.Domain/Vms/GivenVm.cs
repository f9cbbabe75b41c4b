namespace Couch.Domain.Vms;

/// <summary>A VM that a person gave to a guest: an id in a person's words, which may be no VM's, or another owner's VM's.</summary>
[GenerateSerializer, Immutable, Alias("couch.GivenVm")]
public sealed record GivenVm([property: Id(0)] string Id, [property: Id(1)] GivenVmFate Fate);

/// <summary>What a release does about a VM given by hand.</summary>
[GenerateSerializer, Alias("couch.GivenVmFate")]
public enum GivenVmFate
{
    /// <summary>The guest runs on it: it stays, whatever it carries.</summary>
    Kept = 0,

    /// <summary>Destroyed only where it carries the guest's own claim.</summary>
    LeftUnlessClaimed = 1,

    /// <summary>
    /// Its giver may have it destroyed: so it is, where the id is a whole id of the VM provider's and not a name, the provider's own
    /// conditions hold, and it carries no other claim.
    /// </summary>
    Destroyed = 2,
}
