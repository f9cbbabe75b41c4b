using System.Text;

namespace Couch.VersSimulator.Vms;

/// <summary>
/// The few commands a VM understands: <c>cat</c>, <c>df</c> of the root, <c>echo</c>, <c>true</c>, and <c>sh -c</c> with
/// those, joined by <c>;</c>, a new line, <c>&amp;&amp;</c> or <c>||</c>. What it does not know exits with 127, as a shell does;
/// it never guesses.
/// </summary>
internal static class Shell
{
    private const int NotFound = 127;

    public static (int ExitCode, string Stdout, string Stderr) Run(SimulatedVm vm, DateTimeOffset now, IReadOnlyList<string> command)
    {
        var name = command[0][(command[0].LastIndexOf('/') + 1)..];
        return (name, command.Skip(1).ToArray()) switch
        {
            ("cat", { Length: > 0 } paths) => Cat(vm, now, paths),
            ("df", var arguments) when IsRootInKib(arguments) => (0, Proc.DiskFree(vm), ""),
            ("echo", var words) => (0, string.Join(' ', words) + "\n", ""),
            ("true", _) => (0, "", ""),
            ("sh" or "bash" or "ash", ["-c" or "-lc", var script, ..]) => Script(vm, now, script),
            _ => (NotFound, "", $"{string.Join(' ', command)}: not found\n"),
        };
    }

    private static bool IsRootInKib(string[] arguments) => arguments is [.. var flags, "/"]
        && flags.Any(flag => flag.Contains('k'))
        && flags.All(flag => flag is "-k" or "-P" or "-kP" or "-Pk");

    private static (int, string, string) Cat(SimulatedVm vm, DateTimeOffset now, string[] paths)
    {
        var (stdout, stderr) = (new StringBuilder(), new StringBuilder());
        foreach (var path in paths)
        {
            if ((vm.Files.GetValueOrDefault(path)?.Content.ToArray() ?? Proc.Read(vm, path, now)) is { } content)
                stdout.Append(Encoding.UTF8.GetString(content));
            else
                stderr.Append("cat: ").Append(path).Append(": No such file or directory\n");
        }

        return (stderr.Length is 0 ? 0 : 1, stdout.ToString(), stderr.ToString());
    }

    private static (int, string, string) Script(SimulatedVm vm, DateTimeOffset now, string script)
    {
        if (!TryParse(script, out var steps))
            return (NotFound, "", "sh: the simulator does not know this syntax\n");

        var (exitCode, stdout, stderr) = (0, "", "");
        foreach (var (joint, words) in steps)
        {
            if ((joint is "&&" && exitCode is not 0) || (joint is "||" && exitCode is 0))
                continue;
            var isQuiet = words is [_, .., "2>/dev/null"];
            (exitCode, var more, var errors) = Run(vm, now, isQuiet ? [.. words.SkipLast(1)] : words);
            stdout += more;
            stderr += isQuiet ? "" : errors;
        }

        return (exitCode, stdout, stderr);
    }

    /// <summary>Commands, each with what joins it to the one before it.</summary>
    private static bool TryParse(string script, out List<(string Joint, List<string> Words)> steps)
    {
        steps = [];
        var (joint, words, word, quote) = (";", new List<string>(), new StringBuilder(), '\0');
        var inWord = false;
        for (var i = 0; i < script.Length; i++)
        {
            var c = script[i];
            if (quote is not '\0')
            {
                if (c == quote)
                    quote = '\0';
                else if (quote is '"' && c is '$' or '`' or '\\')
                    return false;
                else
                    word.Append(c);
                continue;
            }

            var both = i + 1 < script.Length ? script[i..(i + 2)] : "";
            switch (c)
            {
                case '\'' or '"':
                    (quote, inWord) = (c, true);
                    break;
                case ' ' or '\t':
                    EndWord();
                    break;
                case ';' or '\n':
                    EndStep(steps, ";");
                    break;
                case '&' or '|' when both is "&&" or "||":
                    EndStep(steps, both);
                    i++;
                    break;
                case '>' when word is { Length: 1 } && word[0] is '2' && script.AsSpan(i).StartsWith(">/dev/null"):
                    word.Append(">/dev/null");
                    i += ">/dev/null".Length - 1;
                    break;
                case '|' or '&' or '<' or '>' or '$' or '`' or '(' or ')' or '{' or '}' or '*' or '?' or '\\' or '#':
                    return false;
                default:
                    word.Append(c);
                    inWord = true;
                    break;
            }
        }

        EndStep(steps, ";");
        return quote is '\0' && steps.Count > 0;

        void EndWord()
        {
            if (inWord)
                words.Add(word.ToString());
            word.Clear();
            inWord = false;
        }

        void EndStep(List<(string, List<string>)> into, string next)
        {
            EndWord();
            if (words.Count > 0)
                into.Add((joint, words));
            (joint, words) = (next, []);
        }
    }
}
