using Couch.Domain.Guests;
using Couch.Domain.Text;
using Couch.Domain.Vms;

namespace Couch.Cluster.Vms;

/// <summary>
/// Where guests' VMs come from. Keyed by guest: a VM carries its guest's claim, and the provider finds it again by that.
/// Every call may come twice and must then do once. Calls are made outside any grain's turn.
/// </summary>
public interface IVmProvider
{
    /// <summary>The provider's name in a guest's <c>vm</c> record: <c>vers</c> or <c>docker</c>.</summary>
    string Name { get; }

    /// <summary>All that this provider lists is this couch's, so that VMs without any claim are leftovers.</summary>
    bool IsDedicated { get; }

    /// <summary>Whether <see cref="Measure"/> says anything.</summary>
    bool MeasuresUsage { get; }

    /// <summary>
    /// What keeps guests from the host's own services, as it was last seen, in a sentence; null where that is the provider's affair.
    /// </summary>
    string? Isolation => null;

    /// <summary>Where a couch's mark is kept; null where the provider has no place for one.</summary>
    IInstallationMark? Mark => null;

    /// <summary>Asks the provider whether it can be used as configured, once, at start.</summary>
    /// <returns>Null where it can; else a sentence that says what to do, and whether starting makes no sense.</returns>
    Task<VmProviderProblem?> Check(CancellationToken cancel);

    /// <summary>
    /// A look finds whatever an attempt of a guest's has made, however it ended and whether or not it was heard of: so no attempt's
    /// outcome stays unknown. False where a VM is made without its claim, or where the provider's list may be behind.
    /// </summary>
    bool IsExact { get; }

    /// <summary>
    /// The one VM that carries the guest's claim, as <see cref="Ensure"/> would take it; null where none does. Makes none. What
    /// else carries the claim, and what the order has condemned, is destroyed.
    /// </summary>
    /// <exception cref="VmProviderException">The answer is not known.</exception>
    Task<EnsuredVm?> Find(VmOrder order, CancellationToken cancel);

    /// <summary>
    /// Gives the guest its one VM: takes the one that carries its claim, or makes one and claims it. An order that
    /// <see cref="VmOrder.MayExist"/> looks before it makes.
    /// </summary>
    /// <exception cref="VmProviderException">
    /// There is none, or the outcome is not known: <see cref="VmProviderException.MayHaveMade"/>.
    /// </exception>
    Task<EnsuredVm> Ensure(VmOrder order, CancellationToken cancel);

    /// <summary>How the VM is now, its readiness probe included.</summary>
    /// <exception cref="VmProviderException">
    /// The answer is not known. A VM that is not there is <see cref="VmSight.Missing"/>, not this.
    /// </exception>
    Task<VmSight> Observe(string vmId, CancellationToken cancel);

    /// <summary>
    /// Why a VM that was just seen <see cref="VmSight.Dead"/> has ended, where the provider can say for certain that it has.
    /// </summary>
    /// <returns>
    /// A sentence for the host and the operator; null where the provider cannot, so that a second look has to confirm it.
    /// </returns>
    /// <exception cref="VmProviderException">The answer is not known.</exception>
    Task<string?> WhyEnded(string vmId, CancellationToken cancel) => Task.FromResult<string?>(null);

    /// <summary>
    /// Puts into a VM that has just been seen <see cref="VmSight.Ready"/> what <see cref="Ensure"/> could not put in
    /// without waiting for its boot. Until it has succeeded the guest is not told of its VM.
    /// </summary>
    /// <remarks>A provider that does everything in <see cref="Ensure"/> has nothing left to do.</remarks>
    /// <exception cref="VmProviderException">The VM lacks something that the order asks for.</exception>
    Task Configure(VmOrder order, string vmId, CancellationToken cancel) => Task.CompletedTask;

    /// <summary>
    /// The VMs that are still the guest's: every one that carries its claim and <paramref name="installation"/>'s, and
    /// <paramref name="given"/> where it may be destroyed. As of a moment after the call: what was destroyed or claimed
    /// before it counts. <see cref="VmRelease"/> asks until there is none.
    /// </summary>
    /// <param name="given">
    /// What a person gave: it may be no VM of the provider's, or another owner's. One that is to be
    /// <see cref="GivenVmFate.Destroyed"/> is the guest's only where its id is one of the provider's whole ids, no other
    /// claims it, and the provider's own conditions hold; else it is spared. Null where none was given.
    /// </param>
    /// <exception cref="VmProviderException">The answer is not known.</exception>
    Task<VmsLeft> FindLeft(GuestId guest, string installation, GivenVm? given, CancellationToken cancel);

    /// <summary>
    /// Destroys this VM and looks at nothing before: the caller knows that it is the guest's own, or that it has no owner.
    /// Not found is success.
    /// </summary>
    /// <returns>Once the provider has said that it is done, or that there is none.</returns>
    /// <exception cref="VmProviderException">It may be left.</exception>
    Task Destroy(string vmId, CancellationToken cancel);

    /// <summary>Every VM there is, with its claim where it carries one.</summary>
    /// <exception cref="VmProviderException">The list is not to be had, or not whole.</exception>
    Task<IReadOnlyList<ListedVm>> List(CancellationToken cancel);

    /// <summary>What the VM has used so far; null where this provider does not meter.</summary>
    /// <exception cref="VmProviderException">The answer is not known.</exception>
    Task<UsageReport?> Measure(string vmId, CancellationToken cancel);
}

/// <summary>
/// A short text that an installation keeps at its provider, where a copy of it finds it too. See <see cref="InstallationLease"/>.
/// </summary>
public interface IInstallationMark
{
    /// <returns>None where there has never been one; more than one while one is being exchanged.</returns>
    /// <exception cref="VmProviderException">The answer is not known.</exception>
    Task<IReadOnlyCollection<string>> Read(string installation, CancellationToken cancel);

    /// <summary>Puts <paramref name="mark"/> in the place of all that is there. Meanwhile there is always one.</summary>
    /// <exception cref="VmProviderException">It may not be there.</exception>
    Task Write(string installation, string mark, CancellationToken cancel);
}

/// <summary>What a guest's VM is made from. Nothing of a grain's: it outlives the turn that ordered it.</summary>
public sealed record VmOrder
{
    /// <summary>Whose VM it is: the provider writes this id into the VM's claim.</summary>
    public required GuestId Guest { get; init; }

    /// <summary>This couch's mark on its VMs: another couch on the same account has another.</summary>
    public required string Installation { get; init; }

    /// <summary>Whether an earlier attempt may have made one already: then the provider looks before it makes.</summary>
    public required bool MayExist { get; init; }

    /// <summary>
    /// Returns where the order still stands, as of a moment ago. A provider asks before it makes a VM, and again as it sends a
    /// claim: between the two this node may have stood still for so long that another has taken the guest over.
    /// </summary>
    /// <exception cref="VmProviderException">It does not stand any more, or the outcome is not known.</exception>
    public Func<CancellationToken, Task> MustStand { get; init; } = _ => Task.CompletedTask;

    /// <summary>Cores, MB of memory and GB of disk; a provider enforces those that it can.</summary>
    public required ResourceLimits Limits { get; init; }

    /// <summary>What the guest may reach; the Docker provider picks the network by it, the Vers provider does not read it.</summary>
    public required Permissions Permissions { get; init; }

    /// <summary>One OpenSSH public key, or null.</summary>
    public string? PublicKey { get; init; }

    /// <summary>VMs under the guest's claim that are never to be taken again: they did not become ready in their time.</summary>
    public IReadOnlyList<string> Condemned { get; init; } = [];

    internal bool HasCondemned(string vmId) => Condemned.Contains(vmId, StringComparer.OrdinalIgnoreCase);
}

/// <summary>A VM that exists and carries its guest's claim. Not yet ready.</summary>
public sealed record EnsuredVm(string VmId, string Endpoint);

/// <summary>What is still a guest's at its VM provider.</summary>
/// <param name="Ours">To be destroyed.</param>
/// <param name="SparesGiven">The VM given by hand is not among them though it may be there: it is not ours to destroy.</param>
public sealed record VmsLeft(IReadOnlyCollection<string> Ours, bool SparesGiven = false);

/// <summary>What an observation saw.</summary>
public enum VmSight
{
    /// <summary>There, and not ready yet.</summary>
    Booting,

    /// <summary>A command, or a connection, would succeed.</summary>
    Ready,

    /// <summary>There, and will never be ready again.</summary>
    Dead,

    /// <summary>The provider says that there is none of this id.</summary>
    Missing,
}

/// <summary>Why a VM provider cannot be used.</summary>
/// <param name="IsFinal">Starting makes no sense until something is changed.</param>
public sealed record VmProviderProblem(string Sentence, bool IsFinal);

/// <summary>The provider refused, failed, or gave no answer. The message has its own words, made plain, and no secret.</summary>
/// <param name="isFinal">Asking again cannot change it: a bad key, an unknown image.</param>
public sealed class VmProviderException(string message, bool isFinal = false, Exception? inner = null) : Exception(
    ForeignText.Plain(message), inner)
{
    /// <summary>True where the same call fails again until somebody changes something; false where a later one may succeed.</summary>
    public bool IsFinal { get; } = isFinal;

    /// <summary>Another attempt, or the guest's end, has overtaken the order.</summary>
    public static VmProviderException Overtaken => new("The order for this VM does not stand any more");

    /// <summary>How long the provider wants to be left alone; null where it did not say.</summary>
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>A create was sent, and its outcome is unknown: there may be a VM that is not accounted for.</summary>
    public bool MayHaveMade { get; init; }

    /// <summary>And it may carry the guest's claim by now.</summary>
    public bool MayBeClaimed { get; init; }
}
