namespace Couch.VersSimulator.Vms;

/// <summary>The provider's states of a VM that exists.</summary>
public enum VmState
{
    Booting,
    Running,
    Paused,
    Sleeping,
    Dead,
}
