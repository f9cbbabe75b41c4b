namespace Couch.Domain.Vms;

/// <summary>A VM that a person gave to a guest: an id in somebody's words, which may be no VM's, or somebody else's VM's.</summary>
public sealed record GivenVm(string Id, GivenVmFate Fate);

/// <summary>What a release does about a VM given by hand.</summary>
public enum GivenVmFate
{
    /// <summary>The guest runs on it: it stays, whatever it carries.</summary>
    Kept,

    /// <summary>Destroyed only where it carries the guest's own claim.</summary>
    LeftUnlessClaimed,

    /// <summary>
    /// Its giver may have it destroyed: so it is, where the id is a whole id of the VM host's and not a name, the host's own
    /// conditions hold, and it carries nobody else's claim.
    /// </summary>
    Destroyed,
}
