using Couch.Domain.Guests;
using CsCheck;

namespace Couch.Tests.Support;

/// <summary>Usage reports as anybody could send them.</summary>
internal static class AnyReport
{
    private static readonly double?[] Odd =
    [
        null, 0, -0.0, -1, 1, 0.5, double.NaN, double.PositiveInfinity, double.NegativeInfinity, double.MaxValue, double.MinValue,
        double.Epsilon, -double.Epsilon,
        9_007_199_254_740_991, 9_007_199_254_740_992, 1e15, 1e16, 1e308,
    ];

    private static readonly long?[] OddWhole = [null, 0, -1, 1, long.MinValue, long.MaxValue, 9_007_199_254_740_991, 9_007_199_254_740_992,
        1L << 60];

    private static readonly Gen<double?> Number = CsCheck.Gen.Frequency(
        (3, CsCheck.Gen.Int[0, Odd.Length - 1].Select(one => Odd[one])),
        (2, CsCheck.Gen.Double.Select(number => (double?)number)),
        (1, CsCheck.Gen.Long.Select(bits => (double?)BitConverter.Int64BitsToDouble(bits))));

    private static readonly Gen<long?> Whole = CsCheck.Gen.Frequency(
        (2, CsCheck.Gen.Int[0, OddWhole.Length - 1].Select(one => OddWhole[one])),
        (1, CsCheck.Gen.Long.Select(number => (long?)number)));

    public static Gen<UsageReport> Gen { get; } = CsCheck.Gen.Select(
        Number, Number, Number, Number, Number, Whole,
        (cpu, memory, disk, network, uptime, tokens) => new UsageReport
        {
            CpuSeconds = cpu, MemoryPeakMB = memory, DiskUsedGB = disk, NetworkEgressGB = network, UptimeSeconds = uptime,
            TokensUsed = tokens,
        });
}
