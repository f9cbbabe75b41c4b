using Couch.Cli.CommandLine;

namespace Couch.Cli.Completion;

/// <summary>
/// What a shell needs to complete <c>couch</c>: each asks the command itself, which knows its options and the couch's ids.
/// </summary>
internal static class CompletionCommand
{
    // Candidates are read line by line and never evaluated: a name must not become a command.
    private const string Bash = """
        _couch() {
          local word="${COMP_WORDS[COMP_CWORD]}" candidate
          COMPREPLY=()
          while IFS= read -r candidate; do
            [[ $candidate == "$word"* ]] && COMPREPLY+=("$candidate")
          done < <(command couch "[suggest:${COMP_POINT}]" "${COMP_LINE}" 2>/dev/null </dev/null)
        }
        complete -o default -F _couch couch
        """;

    // zsh runs this as the function's body where it finds it in fpath: then the first completion is to be made too.
    private const string Zsh = """
        #compdef couch
        _couch() {
          local -a candidates
          candidates=("${(@f)$(command couch "[suggest:${#BUFFER}]" "$BUFFER" 2>/dev/null </dev/null)}")
          compadd -- $candidates
        }
        if [[ ${funcstack[1]} == _couch ]]; then _couch "$@"; else compdef _couch couch; fi
        """;

    private const string Fish = """
        function __couch_complete
          set -l line (commandline -cp)
          command couch "[suggest:"(string length -- $line)"]" "$line" 2>/dev/null </dev/null
        end
        complete -c couch -f -a '(__couch_complete)'
        """;

    public static Verb Group() => new(
        "completion", "Print what makes your shell complete commands, options and ids.",
        "source <(couch completion bash)", "couch completion zsh > ~/.zfunc/_couch",
        "couch completion fish > ~/.config/fish/completions/couch.fish")
    {
        Of("bash", Bash), Of("zsh", Zsh), Of("fish", Fish),
    };

    private static Verb Of(string shell, string script) =>
        new Verb(shell, $"Print the completion for {shell}.", $"couch completion {shell}").Does((call, _) =>
        {
            call.Printer.Bare(script);
            return Task.CompletedTask;
        });
}
