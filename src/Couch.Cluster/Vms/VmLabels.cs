namespace Couch.Cluster.Vms;

/// <summary>The labels that make a claim on a VM. They must not change, because existing VMs carry them.</summary>
internal static class VmLabels
{
    public const string Guest = "couch.guest";
    public const string Installation = "couch.installation";
}
