using Couch.Tests.Support;
using Xunit;

namespace Couch.Tests.Cli;

/// <summary>What a shell completes: commands, options, and the ids that there are now.</summary>
public sealed class CompletionCliTests(CouchHost couch) : IClassFixture<CouchHost>, IDisposable
{
    private readonly Person noah = new(couch.Address);

    public void Dispose() => noah.Dispose();

    [Theory]
    [InlineData("couch gue", "guest")]
    [InlineData("couch guest ki", "kill")]
    [InlineData("couch guest list --stat", "--status")]
    [InlineData("couch guest list --status prov", "provisioning")]
    [InlineData("couch key create --scope mete", "meter")]
    public async Task Bash_completes_commands_options_and_words(string line, string expected) =>
        Assert.Contains(expected, await Completed(line));

    [Fact]
    public async Task Bash_completes_ids_that_there_are()
    {
        var guest = await couch.Anyone.Arrive();
        var id = guest["guestId"]!;
        var invite = (await couch.Anyone.Invite())["id"]!;

        Assert.Contains(id, await Completed("couch guest kill "));
        Assert.Equal([id], await Completed("couch guest show " + id[..25]));
        Assert.Contains(invite, await Completed("couch invite revoke "));
        Assert.DoesNotContain(id, await Completed("couch invite revoke "));
    }

    [Fact]
    public async Task Contexts_are_completed_too()
    {
        (await noah.Runs("context", "set", "home", "--url", "http://localhost:1")).Ok();

        Assert.Equal(["home"], await Completed("couch context use ho"));
    }

    [Fact]
    public async Task Where_no_couch_answers_there_is_nothing_and_no_noise()
    {
        noah.Environment["COUCH_URL"] = $"http://127.0.0.1:{FreePort.Find(1)[0]}";

        var ran = (await noah.Runs("[suggest:17]", "couch guest show ")).Ok();

        Assert.Equal("", ran.Error);
        Assert.DoesNotContain(ran.Lines, line => line.Length == 26);
    }

    [Theory, InlineData("zsh", "#compdef couch"), InlineData("fish", "complete -c couch")]
    public async Task Other_shells_have_theirs(string shell, string part) =>
        Assert.Contains(part, (await noah.Runs("completion", shell)).Ok().Out, StringComparison.Ordinal);

    /// <summary>What bash would offer at the end of the line.</summary>
    private async Task<string[]> Completed(string line)
    {
        // The script asks the program by its name, in the person's path.
        var bin = Directory.CreateDirectory(noah.Home["bin"]).FullName;
        var script = $"""
            printf '#!/bin/sh\nexec dotnet "{Path.Combine(AppContext.BaseDirectory, "couch.dll")}" "$@"\n' > {bin}/couch
            chmod +x {bin}/couch; PATH={bin}:$PATH; unset -f couch
            source <(couch completion bash)
            COMP_LINE='{line}'; COMP_POINT=${"{#COMP_LINE}"}
            read -ra COMP_WORDS <<< "$COMP_LINE"
            [[ $COMP_LINE == *' ' ]] && COMP_WORDS+=('')
            COMP_CWORD=$(({"${#COMP_WORDS[@]}"} - 1))
            _couch; printf '%s\n' "{"${COMPREPLY[@]}"}"
            """;
        return (await noah.Scripts(script)).Ok().Lines;
    }
}
