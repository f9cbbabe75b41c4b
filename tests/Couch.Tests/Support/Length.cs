namespace Couch.Tests.Support;

/// <summary>
/// Fault and property runs have two lengths: short in tests/run.sh, full in tests/faults.sh. The claim is the same.
/// </summary>
internal static class Length
{
    public static readonly bool IsFull = Environment.GetEnvironmentVariable("COUCH_TEST_LENGTH") == "full";

    public static int Of(int shortForm, int full) => IsFull ? full : shortForm;
}
