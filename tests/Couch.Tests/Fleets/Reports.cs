using Xunit;

namespace Couch.Tests.Fleets;

/// <summary>Where figures go: the test's own output and, where tests/faults.sh names one, its report's file.</summary>
internal static class Reports
{
    private const string Variable = "COUCH_TEST_REPORT";

    /// <param name="row">A row of the table whose head is in tests/faults.sh.</param>
    public static void Add(string row) => Write(row, "");

    /// <summary>A sentence for below the table.</summary>
    public static void Note(string sentence) => Write(sentence, ".notes");

    private static void Write(string line, string kind)
    {
        TestContext.Current.TestOutputHelper?.WriteLine(line);
        if (Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } file)
            File.AppendAllText(file + kind, line + Environment.NewLine);
    }
}
