using System.Runtime.Versioning;
using Couch.Tests.Support;
using Xunit;

namespace Couch.Tests.Cli;

/// <summary>What a shell completes: commands, options, and the ids that there are now.</summary>
[UnsupportedOSPlatform("windows")]
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

    [Theory]
    [InlineData("guest ki", "kill")]
    [InlineData("guest list --stat", "--status")]
    [InlineData("guest list --status prov", "provisioning")]
    public async Task Fish_completes_commands_options_and_words(string line, string expected) =>
        Assert.Equal([expected], await Fish("couch " + line));

    [Fact]
    public async Task Fish_completes_ids_that_there_are()
    {
        var id = (await couch.Anyone.Arrive())["guestId"]!;

        Assert.Equal([id], await Fish("couch guest show " + id[..25]));
    }

    [Theory]
    [InlineData("source <(couch completion zsh)")]
    [InlineData("mkdir zfunc; couch completion zsh > zfunc/_couch; fpath=($PWD/zfunc $fpath); compinit -u -D")]
    public async Task Zsh_completes_what_a_person_types_sourced_or_from_its_path(string setUp)
    {
        var id = (await couch.Anyone.Arrive())["guestId"]!;
        await using var shell = noah.StartsShell(80, "zsh", "-f", "-i");

        await shell.Types($"PS1='> '; PATH={Bin()}:$PATH; autoload -U compinit; compinit -u -D; {setUp}; echo READ''Y\n");
        await shell.Shows("READY");
        await shell.Types("couch guest ki\t");
        await shell.Shows("couch guest kill");
        await shell.Types(id[..25] + "\t");
        await shell.Shows(id);
    }

    private async Task<string[]> Fish(string line)
    {
        var script = $"set -x PATH {Bin()} $PATH; couch completion fish | source; complete -C '{line}'";
        return (await noah.Scripts($"exec fish --no-config -c \"{script.Replace("$", "\\$", StringComparison.Ordinal)}\"")).Ok().Lines;
    }

    /// <summary>A folder with the program under its name, as a shell asks for it.</summary>
    private string Bin()
    {
        var bin = Directory.CreateDirectory(noah.Home["bin"]).FullName;
        var program = Path.Combine(bin, "couch");
        File.WriteAllText(program, $"#!/bin/sh\nexec dotnet \"{Path.Combine(AppContext.BaseDirectory, "couch.dll")}\" \"$@\"\n");
        File.SetUnixFileMode(program, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        return bin;
    }

    /// <summary>What bash would offer at the end of the line.</summary>
    private async Task<string[]> Completed(string line)
    {
        // The script asks the program by its name, in the person's path.
        var script = $"""
            PATH={Bin()}:$PATH; unset -f couch
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
