namespace Couch.Domain.Bulk;

/// <summary>What became of one of the many that a bulk order is for.</summary>
public enum BulkResult
{
    /// <summary>The order has ended it.</summary>
    Done,

    /// <summary>It had ended before.</summary>
    AlreadyEnded,

    /// <summary>None that the order is for has this id.</summary>
    NotFound,

    /// <summary>Its stored row cannot be read, and it could not be ended without.</summary>
    Unreadable,
}
