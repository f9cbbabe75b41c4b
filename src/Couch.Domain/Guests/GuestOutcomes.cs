
namespace Couch.Domain.Guests;

/// <summary>What activating a guest by hand comes to. Closed: these cases and no others.</summary>
[GenerateSerializer, Immutable, Alias("couch.ActivateOutcome")]
public abstract record ActivateOutcome
{
    private ActivateOutcome() { }

    /// <summary>The guest runs on the VM that was given by hand.</summary>
    [GenerateSerializer, Immutable, Alias("couch.ActivateOutcome.Activated")]
    public sealed record Activated([property: Id(0)] Guest Guest) : ActivateOutcome;

    /// <summary>It runs already, or has ended.</summary>
    [GenerateSerializer, Immutable, Alias("couch.ActivateOutcome.NotProvisioning")]
    public sealed record NotProvisioning([property: Id(0)] GuestStatus Status) : ActivateOutcome;

    /// <summary>No guest has this id.</summary>
    [GenerateSerializer, Immutable, Alias("couch.ActivateOutcome.Unknown")]
    public sealed record Unknown : ActivateOutcome;
}

/// <summary>What ending a stay comes to, by the kill switch or by check-out.</summary>
[GenerateSerializer, Immutable, Alias("couch.EndOutcome")]
public abstract record EndOutcome
{
    private EndOutcome() { }

    /// <summary>It has ended: now, or by the first use of the same idempotency key.</summary>
    [GenerateSerializer, Immutable, Alias("couch.EndOutcome.Ended")]
    public sealed record Ended([property: Id(0)] Guest Guest) : EndOutcome;

    /// <summary>It had ended before; the guest says how.</summary>
    [GenerateSerializer, Immutable, Alias("couch.EndOutcome.AlreadyEnded")]
    public sealed record AlreadyEnded([property: Id(0)] Guest Guest) : EndOutcome;

    /// <summary>
    /// It has ended, durably, and nothing more can be said of it: its row cannot be read. See <see cref="UnreadableGuest"/>.
    /// </summary>
    [GenerateSerializer, Immutable, Alias("couch.EndOutcome.EndedUnreadable")]
    public sealed record EndedUnreadable(
        [property: Id(0)] GuestId GuestId, [property: Id(1)] GuestStatus Status, [property: Id(2)] EndReason Reason,
        [property: Id(3)] DateTimeOffset StoppedAt) : EndOutcome;

    /// <summary>Its row cannot be read, and says that it had ended before.</summary>
    [GenerateSerializer, Immutable, Alias("couch.EndOutcome.AlreadyEndedUnreadable")]
    public sealed record AlreadyEndedUnreadable([property: Id(0)] GuestStatus Status) : EndOutcome;

    /// <summary>No guest has this id.</summary>
    [GenerateSerializer, Immutable, Alias("couch.EndOutcome.Unknown")]
    public sealed record Unknown : EndOutcome;
}

/// <summary>What extending a stay comes to.</summary>
[GenerateSerializer, Immutable, Alias("couch.ExtendOutcome")]
public abstract record ExtendOutcome
{
    private ExtendOutcome() { }

    /// <summary>The stay ends later. The guest has its new end and its new duration limit.</summary>
    [GenerateSerializer, Immutable, Alias("couch.ExtendOutcome.Extended")]
    public sealed record Extended([property: Id(0)] Guest Guest) : ExtendOutcome;

    /// <summary>The stay would pass <see cref="ResourceLimits.MostHours"/> from its beginning.</summary>
    [GenerateSerializer, Immutable, Alias("couch.ExtendOutcome.TooLong")]
    public sealed record TooLong : ExtendOutcome;

    /// <summary>The stay had ended before, with this status. Nothing was changed.</summary>
    [GenerateSerializer, Immutable, Alias("couch.ExtendOutcome.AlreadyEnded")]
    public sealed record AlreadyEnded([property: Id(0)] GuestStatus Status) : ExtendOutcome;

    /// <summary>No guest has this id.</summary>
    [GenerateSerializer, Immutable, Alias("couch.ExtendOutcome.Unknown")]
    public sealed record Unknown : ExtendOutcome;
}

/// <summary>What a usage report comes to.</summary>
[GenerateSerializer, Immutable, Alias("couch.UsageOutcome")]
public abstract record UsageOutcome
{
    private UsageOutcome() { }

    /// <summary>The counters are taken in. <c>NewlyExceeded</c>: this report took the guest above a limit it had kept until now.</summary>
    [GenerateSerializer, Immutable, Alias("couch.UsageOutcome.Recorded")]
    public sealed record Recorded([property: Id(0)] Guest Guest, [property: Id(1)] bool NewlyExceeded) : UsageOutcome;

    /// <summary>No guest has this id.</summary>
    [GenerateSerializer, Immutable, Alias("couch.UsageOutcome.Unknown")]
    public sealed record Unknown : UsageOutcome;
}
