using System.ComponentModel.DataAnnotations;
using Couch.Domain.Guests;
using Couch.Domain.Values;
using Couch.Gateway.Requests;

namespace Couch.Gateway.Guests;

/// <summary>The VM that a host gives to a waiting guest.</summary>
public sealed record ActivateBody
{
    /// <summary>
    /// The VM's id at its provider: 1 to 512 characters. It is destroyed at the guest's end only if it is a whole id and the key
    /// has the scope <c>vms</c>, or if the VM carries the guest's claim.
    /// </summary>
    [Required] public string? VmId { get; init; }

    /// <summary>Where the guest's agent is reached: 1 to 512 characters.</summary>
    [Required] public string? AgentEndpoint { get; init; }

    internal (string VmId, string AgentEndpoint) Read(Fields fields) =>
        (fields.Required("vmId", VmId, Bounds.MostVmText), fields.Required("agentEndpoint", AgentEndpoint, Bounds.MostVmText));
}

/// <summary>
/// Some or all of a guest's counters, as absolute values from 0 to 2^53 - 1. A counter keeps its value when its field is missing,
/// or lower than that value.
/// </summary>
public sealed record UsageBody
{
    /// <summary>Processor time in seconds.</summary>
    public double? CpuSeconds { get; init; }

    /// <summary>The most memory held at once, in megabytes.</summary>
    public double? MemoryPeakMB { get; init; }

    /// <summary>Disk in use, in gigabytes.</summary>
    public double? DiskUsedGB { get; init; }

    /// <summary>Sent to the network, in gigabytes.</summary>
    public double? NetworkEgressGB { get; init; }

    /// <summary>Model tokens used, a whole number.</summary>
    public double? TokensUsed { get; init; }

    /// <summary>Seconds the guest has been up.</summary>
    public double? UptimeSeconds { get; init; }

    internal UsageReport Read(Fields fields) => new()
    {
        CpuSeconds = fields.AtLeast0("cpuSeconds", CpuSeconds),
        MemoryPeakMB = fields.AtLeast0("memoryPeakMB", MemoryPeakMB),
        DiskUsedGB = fields.AtLeast0("diskUsedGB", DiskUsedGB),
        NetworkEgressGB = fields.AtLeast0("networkEgressGB", NetworkEgressGB),
        TokensUsed = fields.Whole("tokensUsed", TokensUsed),
        UptimeSeconds = fields.AtLeast0("uptimeSeconds", UptimeSeconds),
    };
}

/// <summary>The time by which a guest's stay is extended.</summary>
public sealed record ExtendBody
{
    /// <summary>How many hours more: more than 0, and at least a second; the whole stay is at most 720 hours.</summary>
    [Required] public double? Hours { get; init; }

    internal double Read(Fields fields)
    {
        if (Hours is null)
            fields.Wrong("hours is required");
        return fields.Hours("hours", Hours, 0, ResourceLimits.MostHours);
    }
}
