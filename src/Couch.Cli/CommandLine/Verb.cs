using System.CommandLine;

namespace Couch.Cli.CommandLine;

/// <summary>A command, or a group of commands, whose help opens with examples.</summary>
/// <param name="examples">Whole command lines, without a prompt.</param>
internal sealed class Verb(string name, string description, params string[] examples) : Command(name, description)
{
    public IReadOnlyList<string> Examples => examples;

    /// <summary>What the command does. It gives back the exit code.</summary>
    public Verb Does(Func<Invocation, CancellationToken, Task<int>> action)
    {
        SetAction((parsed, cancel) => Invocation.Run(parsed, action, cancel));
        return this;
    }

    /// <summary>What the command does, where nothing can go wrong but by a <see cref="StopException"/>.</summary>
    public Verb Does(Func<Invocation, CancellationToken, Task> action) => Does(async (call, cancel) =>
    {
        await action(call, cancel);
        return ExitCode.Ok;
    });
}
