using System.Text.Json.Serialization;

namespace Couch.Domain.Vms;

/// <summary>
/// The state of a guest's VM: <c>none → requested → booting → ready → destroying → destroyed</c>, or <c>lost</c>; <c>left</c>
/// instead of <c>destroyed</c> when a VM given by hand may not be destroyed. It changes independently of the guest's status, which
/// never waits for it; every end of a guest starts the way to <c>destroyed</c>.
/// </summary>
[GenerateSerializer, Alias("couch.VmState")]
[JsonConverter(typeof(JsonStringEnumConverter<VmState>))]
public enum VmState
{
    /// <summary>There is no VM provider, or no VM has been ordered.</summary>
    [JsonStringEnumMemberName("none")] None = 0,

    /// <summary>The intent is written; the provider is being asked, or will be asked again.</summary>
    [JsonStringEnumMemberName("requested")] Requested = 1,

    /// <summary>The provider has made it, under the guest's claim; it is not ready yet.</summary>
    [JsonStringEnumMemberName("booting")] Booting = 2,

    /// <summary>Observed ready.</summary>
    [JsonStringEnumMemberName("ready")] Ready = 3,

    /// <summary>The guest has ended; the destruction is requested until the provider confirms it.</summary>
    [JsonStringEnumMemberName("destroying")] Destroying = 4,

    /// <summary>The provider has confirmed that nothing is left.</summary>
    [JsonStringEnumMemberName("destroyed")] Destroyed = 5,

    /// <summary>It vanished while its guest was running; what may be left of it is destroyed all the same.</summary>
    [JsonStringEnumMemberName("lost")] Lost = 6,

    /// <summary>
    /// The guest has ended, nothing of its own is left, and the VM that it was given by hand was not destroyed: there is no VM
    /// provider; or it does not carry the guest's claim, and the key that gave it may not have it destroyed, or it is unknown which
    /// VM is meant.
    /// </summary>
    [JsonStringEnumMemberName("left")] Left = 7,
}
