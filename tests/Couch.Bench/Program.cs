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
            case [] or ["--quick"]:
                return await Measure(args is [] ? Plan.Full : Plan.Quick);
            default:
                await Console.Error.WriteLineAsync("usage: tests/bench.sh [--quick]");
                return 2;
        }
    }

    private static async Task<int> Measure(Plan plan)
    {
        try
        {
            await Benchmark.Run(plan, Console.Out);
            return 0;
        }
        catch (Exception failure) when (failure is FailedRoundException or FailedStartException)
        {
            await Console.Error.WriteLineAsync(failure.Message);
            return 1;
        }
    }
}
