namespace Couch.Cli.Output;

/// <summary>How data is printed.</summary>
internal enum Format
{
    /// <summary>For a person at a terminal: fits its width.</summary>
    Table,

    /// <summary>For a program behind a pipe: whole values, separated by tabs, under a header.</summary>
    Tsv,

    /// <summary>JSON as the protocol spells it.</summary>
    Json,

    /// <summary>Ids alone, one a line.</summary>
    Ids,
}
