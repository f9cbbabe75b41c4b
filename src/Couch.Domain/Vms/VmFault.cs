using System.Text.Json.Serialization;

namespace Couch.Domain.Vms;

/// <summary>What is wrong with a VM provider, as far as it tells whom to turn to.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<VmFault>))]
public enum VmFault
{
    /// <summary>It does not answer.</summary>
    [JsonStringEnumMemberName("unreachable")] Unreachable,

    /// <summary>It does not accept the couch's key.</summary>
    [JsonStringEnumMemberName("key-refused")] KeyRefused,

    /// <summary>It does not have the image or the commit that VMs are made from.</summary>
    [JsonStringEnumMemberName("image-missing")] ImageMissing,

    /// <summary>It answers that it has failed, or has too much to do.</summary>
    [JsonStringEnumMemberName("failing")] Failing,
}
