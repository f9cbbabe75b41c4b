namespace Couch.Cli.CommandLine;

/// <summary>A command cannot go on: how it ends, what happened, and what can be done next.</summary>
internal sealed class StopException(int exitCode, string what, string? next = null) : Exception(what)
{
    /// <summary>One of <see cref="CommandLine.ExitCode"/>.</summary>
    public int ExitCode => exitCode;

    /// <summary>What can be done next; null where there is nothing.</summary>
    public string? Next => next;
}
