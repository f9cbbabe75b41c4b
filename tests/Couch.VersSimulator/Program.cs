namespace Couch.VersSimulator;

/// <summary>A Vers account on this machine, until Ctrl+C.</summary>
internal static class Program
{
    private const int CannotStart = 1;

    public static async Task<int> Main(string[] args)
    {
        if (!SimulatorOptions.TryRead(args, out var options, out var wrong))
        {
            await Console.Error.WriteLineAsync(wrong);
            return CannotStart;
        }

        await using var vers = await SimulatedVers.Start(options);
        await Console.Out.WriteLineAsync($"""
            A simulated Vers account. Point a couch at it with:
              VERS_API_URL={vers.Url}
              VERS_API_KEY={options.Key}
              GOLDEN_COMMIT_ID={options.Commit}
            FaultInjection is explained at {vers.FaultUrl}; chance has seed {options.Seed}.
            """);
        await vers.WaitForShutdown();
        return 0;
    }
}
