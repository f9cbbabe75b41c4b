using Couch.Cluster.Vms.Guide;
using Couch.Domain.Guests;
using Couch.Domain.Text;
using Couch.Domain.Vms;

namespace Couch.Cluster.Vms;

/// <summary>
/// Where guests' VMs come from. Calls are keyed by guest: a VM carries its guest's claim, and the provider finds it again by that.
/// Every call must be idempotent. Calls are made outside any grain's turn.
/// </summary>
public interface IVmProvider
{
    /// <summary>The provider's name in a guest's <c>vm</c> record: <c>vers</c>, <c>docker</c> or <c>demo</c>.</summary>
    string Name { get; }

    /// <summary>Whether all that this provider lists belongs to this couch, so that VMs without any claim are leftovers.</summary>
    bool IsDedicated { get; }

    /// <summary>Whether <see cref="Measure"/> returns anything.</summary>
    bool MeasuresUsage { get; }

    /// <summary>
    /// How guests are kept from the host's own services, as it was last seen, in a sentence; null when that is the provider's
    /// responsibility.
    /// </summary>
    string? Isolation => null;

    /// <summary>What was wrong when this node last asked the provider; null when nothing was, or it has not been asked.</summary>
    VmTrouble? Trouble => null;

    /// <summary>Where a couch's mark is kept; null when the provider has no place for one.</summary>
    IInstallationMark? Mark => null;

    /// <summary>Asks the provider whether it can be used as configured, once, at start.</summary>
    /// <returns>Null when it can; otherwise a sentence that says what to do, and whether starting makes no sense.</returns>
    Task<VmProviderProblem?> Check(CancellationToken cancel);

    /// <summary>
    /// Whether a look finds whatever an attempt of a guest has made, however the attempt ended and whether or not its answer
    /// arrived: then no attempt's outcome stays unknown. False when a VM is made without its claim, or when the provider's list may
    /// lag.
    /// </summary>
    bool IsExact { get; }

    /// <summary>
    /// The one VM that carries the guest's claim, chosen as <see cref="Ensure"/> would choose it; null when there is none. Makes
    /// none. Other VMs that carry the claim, and those that the order has condemned, are destroyed.
    /// </summary>
    /// <exception cref="VmProviderException">The result is unknown.</exception>
    Task<EnsuredVm?> Find(VmOrder order, CancellationToken cancel);

    /// <summary>
    /// Gives the guest its one VM: takes the one that carries its claim, or makes one and claims it. An order with
    /// <see cref="VmOrder.MayExist"/> looks before it makes one.
    /// </summary>
    /// <exception cref="VmProviderException">
    /// There is none, or the outcome is unknown: <see cref="VmProviderException.MayHaveMade"/>.
    /// </exception>
    Task<EnsuredVm> Ensure(VmOrder order, CancellationToken cancel);

    /// <summary>The state of the VM now, its readiness probe included.</summary>
    /// <exception cref="VmProviderException">
    /// The result is unknown. A VM that does not exist is <see cref="VmSight.Missing"/>, not this.
    /// </exception>
    Task<VmSight> Observe(string vmId, CancellationToken cancel);

    /// <summary>
    /// Why a VM that was just seen <see cref="VmSight.Dead"/> has ended, when the provider can say for certain that it has.
    /// </summary>
    /// <returns>
    /// A sentence for the host and the operator; null when the provider cannot say, so that a second look has to confirm it.
    /// </returns>
    /// <exception cref="VmProviderException">The result is unknown.</exception>
    Task<string?> WhyEnded(string vmId, CancellationToken cancel) => Task.FromResult<string?>(null);

    /// <summary>
    /// Configures, in a VM that has just been seen <see cref="VmSight.Ready"/>, what <see cref="Ensure"/> could not configure
    /// without waiting for its boot. The guest is not told of its VM until this has succeeded.
    /// </summary>
    /// <remarks>A provider that does everything in <see cref="Ensure"/> does nothing here.</remarks>
    /// <exception cref="VmProviderException">The VM lacks something that the order asks for.</exception>
    Task Configure(VmOrder order, string vmId, CancellationToken cancel) => Task.CompletedTask;

    /// <summary>
    /// The VMs that still belong to the guest: every one that carries its claim and <paramref name="installation"/>'s, and
    /// <paramref name="given"/> when it may be destroyed. As of a moment after the call: all that was destroyed or claimed before
    /// it counts. <see cref="VmRelease"/> asks until there is none.
    /// </summary>
    /// <param name="given">
    /// The VM that a person gave: it may be no VM of the provider, or another owner's. One that is to be
    /// <see cref="GivenVmFate.Destroyed"/> belongs to the guest only when its id is one of the provider's whole ids, no other guest
    /// claims it, and the provider's own conditions are met; otherwise it is spared. Null when none was given.
    /// </param>
    /// <exception cref="VmProviderException">The result is unknown.</exception>
    Task<VmsLeft> FindLeft(GuestId guest, string installation, GivenVm? given, CancellationToken cancel);

    /// <summary>
    /// Destroys this VM without checking it first: the caller knows that it is the guest's own, or that it has no owner. Not found
    /// is success.
    /// </summary>
    /// <returns>Once the provider has confirmed that it is destroyed, or that there is none.</returns>
    /// <exception cref="VmProviderException">The VM may still exist.</exception>
    Task Destroy(string vmId, CancellationToken cancel);

    /// <summary>Every VM there is, with its claim when it carries one.</summary>
    /// <exception cref="VmProviderException">The list is not available, or not complete.</exception>
    Task<IReadOnlyList<ListedVm>> List(CancellationToken cancel);

    /// <summary>What the VM has used so far; null when this provider does not meter.</summary>
    /// <exception cref="VmProviderException">The result is unknown.</exception>
    Task<UsageReport?> Measure(string vmId, CancellationToken cancel);
}

/// <summary>
/// A short text that an installation keeps at its provider, where a copy of the installation finds it too. See
/// <see cref="InstallationLease"/>.
/// </summary>
public interface IInstallationMark
{
    /// <returns>None when there has never been one; more than one while one is being exchanged.</returns>
    /// <exception cref="VmProviderException">The result is unknown.</exception>
    Task<IReadOnlyCollection<string>> Read(string installation, CancellationToken cancel);

    /// <summary>Replaces all that is there by <paramref name="mark"/>. There is always at least one meanwhile.</summary>
    /// <exception cref="VmProviderException">The mark may not have been written.</exception>
    Task Write(string installation, string mark, CancellationToken cancel);
}

/// <summary>What a guest's VM is made from. It refers to no grain's state, because it outlives the turn that ordered it.</summary>
public sealed record VmOrder
{
    /// <summary>The guest whose VM it is: the provider writes this id into the VM's claim.</summary>
    public required GuestId Guest { get; init; }

    /// <summary>This couch's mark on its VMs: another couch on the same account has another.</summary>
    public required string Installation { get; init; }

    /// <summary>Whether an earlier attempt may have made one already: then the provider looks before it makes one.</summary>
    public required bool MayExist { get; init; }

    /// <summary>
    /// Returns when the order is still valid, as of a moment ago. A provider calls it before it makes a VM, and again as it sends a
    /// claim: between the two this node may have been paused for so long that another has taken the guest over.
    /// </summary>
    /// <exception cref="VmProviderException">The order is no longer valid, or that is unknown.</exception>
    public Func<CancellationToken, Task> MustStand { get; init; } = _ => Task.CompletedTask;

    /// <summary>Cores, MB of memory and GB of disk; a provider enforces those that it can.</summary>
    public required ResourceLimits Limits { get; init; }

    /// <summary>What the guest may reach; the Docker provider chooses the network by it, the Vers provider ignores it.</summary>
    public required Permissions Permissions { get; init; }

    /// <summary>One OpenSSH public key, or null.</summary>
    public string? PublicKey { get; init; }

    /// <summary>
    /// Files to be in the VM before the guest is told of it; null: none. A provider that cannot put files into its VMs ignores it.
    /// </summary>
    public VmGuide? Guide { get; init; }

    /// <summary>VMs with the guest's claim that are never to be used again, because they did not become ready in time.</summary>
    public IReadOnlyList<string> Condemned { get; init; } = [];

    internal bool HasCondemned(string vmId) => Condemned.Contains(vmId, StringComparer.OrdinalIgnoreCase);
}

/// <summary>A VM that exists and carries its guest's claim. Not yet ready.</summary>
public sealed record EnsuredVm(string VmId, string Endpoint);

/// <summary>What still belongs to a guest at its VM provider.</summary>
/// <param name="Ours">To be destroyed.</param>
/// <param name="SparesGiven">The VM given by hand is not among them though it may exist: this couch may not destroy it.</param>
public sealed record VmsLeft(IReadOnlyCollection<string> Ours, bool SparesGiven = false);

/// <summary>The result of an observation.</summary>
public enum VmSight
{
    /// <summary>It exists, and is not ready yet.</summary>
    Booting,

    /// <summary>A command, or a connection, would succeed.</summary>
    Ready,

    /// <summary>It exists, and will never be ready again.</summary>
    Dead,

    /// <summary>The provider says that no VM has this id.</summary>
    Missing,
}

/// <summary>What is wrong with a VM provider.</summary>
/// <param name="Says">A sentence that holds no secret.</param>
/// <param name="At">When the provider was asked.</param>
public sealed record VmTrouble(VmFault Fault, string Says, DateTimeOffset At);

/// <summary>Why a VM provider cannot be used.</summary>
/// <param name="IsFinal">Starting makes no sense until a setting or the provider is changed.</param>
public sealed record VmProviderProblem(string Sentence, bool IsFinal);

/// <summary>
/// The provider refused, failed, or gave no answer. The message quotes the provider as plain text, and holds no secret.
/// </summary>
/// <param name="isFinal">A retry cannot succeed: a bad key, an unknown image.</param>
public sealed class VmProviderException(string message, bool isFinal = false, Exception? inner = null) : Exception(
    ForeignText.Plain(message), inner)
{
    /// <summary>True when the same call fails again until something is changed; false when a later one may succeed.</summary>
    public bool IsFinal { get; } = isFinal;

    /// <summary>Another attempt, or the guest's end, has superseded the order.</summary>
    public static VmProviderException Overtaken => new("The order for this VM does not stand any more");

    /// <summary>What is wrong with the provider as a whole; null when only this call was refused.</summary>
    public VmFault? Fault { get; init; }

    /// <summary>How long the provider asks to wait before the next call; null when it did not say.</summary>
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>A create was sent, and its outcome is unknown: there may be a VM that is not accounted for.</summary>
    public bool MayHaveMade { get; init; }

    /// <summary>Whether that VM may carry the guest's claim by now.</summary>
    public bool MayBeClaimed { get; init; }
}
