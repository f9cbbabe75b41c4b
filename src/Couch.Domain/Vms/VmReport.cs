using Couch.Domain.Values;

namespace Couch.Domain.Vms;

/// <summary>What a VM provider reported, sent to the guest that it is about. Closed: these cases and no others.</summary>
[GenerateSerializer, Immutable, Alias("couch.VmReport")]
public abstract record VmReport
{
    private VmReport() { }

    /// <summary>
    /// Checks the report's values before anything is done with it. Errors need no check: they are made plain text where they are kept.
    /// </summary>
    /// <exception cref="OutOfBoundsException">A VM's id or endpoint is out of bounds.</exception>
    public virtual void MustBeWithinBounds()
    {
    }

    /// <summary>The provider has made, or found, the VM for this attempt.</summary>
    [GenerateSerializer, Immutable, Alias("couch.VmReport.Made")]
    public sealed record Made([property: Id(0)] int Attempt, [property: Id(1)] string VmId, [property: Id(2)] string Endpoint) : VmReport
    {
        /// <summary>It was there under the guest's claim: an earlier attempt has made it.</summary>
        [Id(3)] public bool IsFound { get; init; }

        /// <inheritdoc/>
        public override void MustBeWithinBounds() => Bounds.Demand(
            Bounds.Required("the VM's id", VmId, Bounds.MostVmText),
            Bounds.Required("the VM's endpoint", Endpoint, Bounds.MostVmText),
            Uri.TryCreate(Endpoint, UriKind.Absolute, out _) ? null : "the VM's endpoint must be an absolute address");
    }

    /// <summary>This attempt, which was not to make a VM, found none under the guest's claim.</summary>
    [GenerateSerializer, Immutable, Alias("couch.VmReport.NotFound")]
    public sealed record NotFound([property: Id(0)] int Attempt) : VmReport;

    /// <summary>This attempt failed, before the VM was made or while it booted. <c>IsFinal</c>: another attempt would fail too.</summary>
    [GenerateSerializer, Immutable, Alias("couch.VmReport.Failed")]
    public sealed record Failed([property: Id(0)] int Attempt, [property: Id(1)] string Error, [property: Id(2)] bool IsFinal) : VmReport
    {
        /// <summary>How long the provider asks to wait; null where it did not say.</summary>
        [Id(3)] public TimeSpan? RetryAfter { get; init; }

        /// <summary>The outcome of its create is unknown: it may have left a VM.</summary>
        [Id(4)] public bool MayHaveMade { get; init; }

        /// <summary>The VM that it may have left may carry the guest's claim, so a list may still show it.</summary>
        [Id(5)] public bool MayBeClaimed { get; init; }
    }

    /// <summary>The VM is ready and configured.</summary>
    [GenerateSerializer, Immutable, Alias("couch.VmReport.Ready")]
    public sealed record Ready([property: Id(0)] string VmId) : VmReport;

    /// <summary>A direct look at a running guest's VM: there, or not.</summary>
    [GenerateSerializer, Immutable, Alias("couch.VmReport.Looked")]
    public sealed record Looked([property: Id(0)] string VmId, [property: Id(1)] bool IsThere) : VmReport
    {
        /// <summary>
        /// Why it has ended, where the provider has said for certain that it has; null where it is there, or only not found.
        /// </summary>
        [Id(2)] public string? Ended { get; init; }
    }

    /// <summary>Nothing of the guest's is left.</summary>
    [GenerateSerializer, Immutable, Alias("couch.VmReport.Gone")]
    public sealed record Gone : VmReport
    {
        /// <summary>The VM given by hand was not destroyed, because that is not allowed; whether it still exists is not known.</summary>
        [Id(0)] public bool LeavesGiven { get; init; }

        /// <summary>The provider showed something of the guest's, which was then destroyed.</summary>
        [Id(1)] public bool HasDestroyed { get; init; }

        /// <summary>The guest's own VM that was to be destroyed; null where none was known.</summary>
        [Id(2)] public string? Own { get; init; }

        /// <summary>The VM given by hand, and what was to become of it; null where none was given.</summary>
        [Id(3)] public GivenVm? Given { get; init; }

        /// <summary>When the release began, which is before it asked what is left; null in a report of the version before.</summary>
        [Id(4)] public DateTimeOffset? Began { get; init; }

        /// <summary>The moment of which it surely tells, for a guest that is told at <paramref name="now"/>.</summary>
        public DateTimeOffset AsOf(DateTimeOffset now) => Began < now ? Began.Value : now;

        /// <summary>
        /// Whether it is about all that <paramref name="wanted"/> wants destroyed. A release that began earlier may have known of less.
        /// </summary>
        public bool Answers(VmStep.Release wanted) => (Own, Given) == (wanted.Own, wanted.Given);
    }

    /// <summary>Something may be left.</summary>
    [GenerateSerializer, Immutable, Alias("couch.VmReport.NotGone")]
    public sealed record NotGone([property: Id(0)] string Error) : VmReport
    {
        /// <inheritdoc cref="Failed.RetryAfter"/>
        [Id(1)] public TimeSpan? RetryAfter { get; init; }
    }
}
