using Couch.Bench.Load;
using Couch.Bench.Processes;

namespace Couch.Bench;

internal static class Program
{
    private static async Task<int> Main(string[] args)
    {
        switch (args)
        {
            case [BareEndpoint.Argument, var answer, "--urls", var url]:
                await BareEndpoint.Run(answer, url);
                return 0;
            case [BareGrains.Argument, var answer, var silo, var first, var key, "--urls", var url]:
                await BareGrains.Run(answer, silo, first, key, url);
                return 0;
        }

        var only = Array.IndexOf(args, "--only") is var at and >= 0 ? args.ElementAtOrDefault(at + 1) ?? "" : null;
        var plan = args.Contains("--quick") ? Plan.Quick : Plan.Full;
        if (args.Length != (args.Contains("--quick") ? 1 : 0) + (only is null ? 0 : 2) || !Benchmark.Has(only))
        {
            await Console.Error.WriteLineAsync($"usage: tests/bench.sh [--quick] [--only {string.Join('|', Benchmark.Names)}]");
            return 2;
        }

        return await Measure(plan, only);
    }

    private static async Task<int> Measure(Plan plan, string? only)
    {
        try
        {
            await Benchmark.Run(plan, only, Console.Out);
            return 0;
        }
        catch (Exception failure) when (failure is FailedRoundException or FailedStartException)
        {
            await Console.Error.WriteLineAsync(failure.Message);
            return 1;
        }
    }
}
