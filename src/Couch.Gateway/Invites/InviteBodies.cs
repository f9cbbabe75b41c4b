using System.ComponentModel.DataAnnotations;
using Couch.Domain.Guests;
using Couch.Domain.Invites;
using Couch.Domain.Text;
using Couch.Domain.Values;
using Couch.Gateway.Requests;

namespace Couch.Gateway.Invites;

/// <summary>An invite to be made.</summary>
public sealed record CreateInviteBody
{
    /// <summary>The name of the host that invites: 1 to 128 characters.</summary>
    [Required] public string? CreatedBy { get; init; }

    /// <summary>What the invite is for: at most 256 characters.</summary>
    public string? Label { get; init; }

    /// <summary>What its guest may use; each missing field takes its default.</summary>
    public ResourceLimitsBody ResourceLimits { get; init => field = value ?? new(); } = new();

    /// <summary>What its guest may reach; each missing field takes its default.</summary>
    public PermissionsBody Permissions { get; init => field = value ?? new(); } = new();

    /// <summary>How long it stays open, in hours: more than 0, and at least a second; at most 720, default 24.</summary>
    public double? ExpiresInHours { get; init; }

    /// <summary>What happens when a guest exceeds a limit: <c>stop</c>, the default, or <c>report</c>.</summary>
    public string? Enforcement { get; init; }

    internal CreateInvite Read(Fields fields, InviteId id) => new()
    {
        Id = id,
        CreatedBy = fields.Required("createdBy", CreatedBy, Bounds.MostName),
        Label = fields.Optional("label", Label, Bounds.MostLabel) ?? "",
        ResourceLimits = ResourceLimits.Read(fields),
        Permissions = Permissions.Read(),
        Enforcement = ReadEnforcement(fields),
        ExpiresInHours = fields.Hours("expiresInHours", ExpiresInHours, Invite.DefaultOpenHours, Invite.MostOpenHours),
    };

    private Enforcement ReadEnforcement(Fields fields)
    {
        if (Enforcement is null)
            return Domain.Guests.Enforcement.Stop;
        if (!Words.TryParse<Enforcement>(Enforcement, out var enforcement))
            fields.Wrong($"enforcement must be one of {string.Join(", ", Words.All<Enforcement>())}");
        return enforcement;
    }
}

/// <summary>The limits that an invite sets for its guest. None is above 2^53 - 1.</summary>
public sealed record ResourceLimitsBody
{
    /// <summary>Processor cores; fractions allowed. At least 0.01, at most 1,024; default 2.</summary>
    public double? MaxCpuCores { get; init; }

    /// <summary>Memory in megabytes. At least 6; default 4096.</summary>
    public double? MaxMemoryMB { get; init; }

    /// <summary>Disk in gigabytes. At least 0.001; default 20.</summary>
    public double? MaxDiskGB { get; init; }

    /// <summary>Bytes sent to the network, in gigabytes. At least 0; default 10.</summary>
    public double? MaxNetworkEgressGB { get; init; }

    /// <summary>Hours from arrival to the end. More than 0, and at least a second; at most 720, default 72.</summary>
    public double? MaxDurationHours { get; init; }

    /// <summary>Model tokens, a whole number. At least 0; default 50,000,000.</summary>
    public double? MaxTokenBudget { get; init; }

    internal ResourceLimits Read(Fields fields)
    {
        var otherwise = ResourceLimits.Default;
        return new()
        {
            MaxCpuCores = fields.Above0("resourceLimits.maxCpuCores", MaxCpuCores, otherwise.MaxCpuCores, ResourceLimits.MostCpuCores,
                ResourceLimits.LeastCpuCores),
            MaxMemoryMB = fields.Above0(
                "resourceLimits.maxMemoryMB", MaxMemoryMB, otherwise.MaxMemoryMB, least: ResourceLimits.LeastMemoryMB),
            MaxDiskGB = fields.Above0("resourceLimits.maxDiskGB", MaxDiskGB, otherwise.MaxDiskGB, least: ResourceLimits.LeastDiskGB),
            MaxNetworkEgressGB = fields.AtLeast0("resourceLimits.maxNetworkEgressGB", MaxNetworkEgressGB, otherwise.MaxNetworkEgressGB),
            MaxDurationHours = fields.Hours(
                "resourceLimits.maxDurationHours", MaxDurationHours, otherwise.MaxDurationHours, ResourceLimits.MostHours),
            MaxTokenBudget = fields.Whole("resourceLimits.maxTokenBudget", MaxTokenBudget) ?? otherwise.MaxTokenBudget,
        };
    }
}

/// <summary>The permissions that an invite sets for its guest.</summary>
public sealed record PermissionsBody
{
    /// <summary>May open connections to the internet. Default true.</summary>
    public bool? CanAccessInternet { get; init; }

    /// <summary>May start agents of its own. Default false.</summary>
    public bool? CanSpawnSubAgents { get; init; }

    /// <summary>May reach services of the host's own network. Default false.</summary>
    public bool? CanAccessHostServices { get; init; }

    internal Permissions Read()
    {
        var otherwise = Permissions.Default;
        return new()
        {
            CanAccessInternet = CanAccessInternet ?? otherwise.CanAccessInternet,
            CanSpawnSubAgents = CanSpawnSubAgents ?? otherwise.CanSpawnSubAgents,
            CanAccessHostServices = CanAccessHostServices ?? otherwise.CanAccessHostServices,
        };
    }
}
