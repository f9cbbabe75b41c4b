namespace Couch.Domain.Vms;

/// <summary>
/// A VM that a person gave to a guest. The id is as the person wrote it: there may be no such VM, or it may belong to another owner.
/// </summary>
[GenerateSerializer, Immutable, Alias("couch.GivenVm")]
public sealed record GivenVm([property: Id(0)] string Id, [property: Id(1)] GivenVmFate Fate);

/// <summary>What a release does about a VM given by hand.</summary>
[GenerateSerializer, Alias("couch.GivenVmFate")]
public enum GivenVmFate
{
    /// <summary>The guest runs on it: it stays, whatever claim it carries.</summary>
    Kept = 0,

    /// <summary>Destroyed only where it carries the guest's own claim.</summary>
    LeftUnlessClaimed = 1,

    /// <summary>
    /// Its giver may have it destroyed. It is destroyed if the id is a whole id of the VM provider's and not a name, the provider's own
    /// conditions hold, and it carries no other claim.
    /// </summary>
    Destroyed = 2,
}
