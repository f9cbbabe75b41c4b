using Couch.Client;
using Spectre.Console;

namespace Couch.Cli.Output;

/// <summary>A field of something that is printed.</summary>
/// <param name="Name">Its name, as the protocol spells it: the header of TSV and of tables.</param>
/// <param name="Whole">The value itself, for programs; null where there is none.</param>
internal sealed record Column<T>(string Name, Func<T, string?> Whole)
{
    /// <summary>The value as a person reads it at this moment; null: as it is.</summary>
    public Func<T, DateTimeOffset, string?>? Shown { get; init; }

    /// <summary>The header of a table on a terminal; null: the name.</summary>
    public string? Heading { get; init; }

    /// <summary>The secret that is the value, in place of <see cref="Whole"/>.</summary>
    public Func<T, Secret>? Secret { get; init; }

    /// <summary>Whether a list on a terminal has it. TSV and a single one always do.</summary>
    public bool IsInList { get; init; } = true;

    /// <summary>Whether it may be cut where the terminal is narrow.</summary>
    public bool MayBeCut { get; init; }

    /// <summary>Its colour at this moment.</summary>
    public Func<T, Color?>? Colour { get; init; }

    /// <summary>The same, but not in a list on a terminal.</summary>
    public Column<T> InDetail => this with { IsInList = false };
}

/// <summary>Everything of something that is printed.</summary>
/// <param name="Id">What <c>--quiet</c> prints.</param>
internal sealed record View<T>(Func<T, string> Id, params IReadOnlyList<Column<T>> Columns);
