namespace Couch.Cli.CommandLine;

/// <summary>The key that somebody gave so that nothing is done twice.</summary>
internal static class IdempotencyKeys
{
    private const int Most = 255;

    /// <summary>Null where none was given: the client takes a fresh one then.</summary>
    /// <exception cref="StopException">It is none.</exception>
    public static string? Of(Invocation call) => call.Get(CommonOptions.IdempotencyKey) switch
    {
        null => null,
        { Length: >= 1 and <= Most } key when key.All(letter => letter is >= '!' and <= '~') => key,
        _ => throw new StopException(
            ExitCode.Usage, $"an idempotency key has 1 to {Most} visible ASCII characters", "leave it out to have one made"),
    };
}
