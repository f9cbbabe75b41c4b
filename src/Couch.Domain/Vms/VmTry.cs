using System.Text.Json.Serialization;

namespace Couch.Domain.Vms;

/// <summary>What an attempt to get a guest's VM may do.</summary>
[GenerateSerializer, Alias("couch.VmTry")]
[JsonConverter(typeof(JsonStringEnumConverter<VmTry>))]
public enum VmTry
{
    /// <summary>Take the VM that carries the guest's claim, or make one.</summary>
    [JsonStringEnumMemberName("make")] Make = 0,

    /// <summary>Only take one: what an earlier attempt has made may not be shown yet.</summary>
    [JsonStringEnumMemberName("find")] Find = 1,
}
