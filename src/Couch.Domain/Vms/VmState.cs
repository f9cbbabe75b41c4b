using System.Text.Json.Serialization;

namespace Couch.Domain.Vms;

/// <summary>
/// Where a guest's VM is: <c>none → requested → booting → ready → destroying → destroyed</c>, or <c>lost</c>;
/// <c>left</c> instead of <c>destroyed</c> where a VM given by hand may not be destroyed.
/// Its own track: a guest's status never waits for it, and every end of a guest turns it towards <c>destroyed</c>.
/// </summary>
[GenerateSerializer, Alias("couch.VmState")]
[JsonConverter(typeof(JsonStringEnumConverter<VmState>))]
public enum VmState
{
    /// <summary>No VM provider, or nothing ordered.</summary>
    [JsonStringEnumMemberName("none")] None = 0,

    /// <summary>The intent is written; the provider is being asked, or will be asked again.</summary>
    [JsonStringEnumMemberName("requested")] Requested = 1,

    /// <summary>The provider has made it, under the guest's claim; it is not ready yet.</summary>
    [JsonStringEnumMemberName("booting")] Booting = 2,

    /// <summary>Observed ready.</summary>
    [JsonStringEnumMemberName("ready")] Ready = 3,

    /// <summary>The guest has ended; destruction is asked for until the provider confirms it.</summary>
    [JsonStringEnumMemberName("destroying")] Destroying = 4,

    /// <summary>The provider has confirmed that nothing is left.</summary>
    [JsonStringEnumMemberName("destroyed")] Destroyed = 5,

    /// <summary>It vanished under a running guest; what may be left of it is destroyed all the same.</summary>
    [JsonStringEnumMemberName("lost")] Lost = 6,

    /// <summary>
    /// The guest has ended, nothing of its own is left, and the VM that it was given by hand stays where it is: it does not
    /// carry the guest's claim, and its giver may not have it destroyed, or it cannot be told which VM is meant.
    /// </summary>
    [JsonStringEnumMemberName("left")] Left = 7,
}
