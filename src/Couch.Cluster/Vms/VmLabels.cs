namespace Couch.Cluster.Vms;

/// <summary>The labels that make a claim on a VM. Kept as they are: VMs that are out there carry them.</summary>
internal static class VmLabels
{
    public const string Guest = "couch.guest";
    public const string Installation = "couch.installation";
}
