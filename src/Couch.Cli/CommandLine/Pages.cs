namespace Couch.Cli.CommandLine;

/// <summary>How many rows are asked for at a time.</summary>
internal static class Pages
{
    public const int Most = 1000;

    /// <summary>As many as are wanted, so that few are sent for nothing; null leaves it to the couch.</summary>
    public static int? SizeFor(Invocation call) => call.Get(CommonOptions.Limit) switch
    {
        null when call.Printer.Format is Output.Format.Table => null,
        null or 0 => Most,
        // One more says whether there is more.
        { } limit => Math.Clamp(limit + 1, 1, Most),
    };
}
