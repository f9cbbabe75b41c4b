using Couch.VersSimulator;
using Xunit;

namespace Couch.Tests.VersSimulator;

public sealed class ProgramTests
{
    [Fact]
    public void The_program_takes_its_settings_by_name()
    {
        var commit = new Guid("11111111-1111-4111-8111-111111111111");

        Assert.True(SimulatorOptions.TryRead(["--urls", "http://127.0.0.1:7071", "--key", "k", "--boot-ms", "50", "--commit", $"{commit}",
            "--seed", "9"], out var options, out _));

        Assert.Equal(("http://127.0.0.1:7071", "k", commit, 9), (options.Listen, options.Key, options.Commit, options.Seed));
        Assert.Equal(TimeSpan.FromMilliseconds(50), options.BootDelay);
    }

    [Fact]
    public void Everything_that_is_wrong_is_said_at_once()
    {
        Assert.False(SimulatorOptions.TryRead(["--urls", "here", "--boot-ms", "-1", "--commit", "golden"], out _, out var wrong));

        Assert.All(["urls must", "boot-ms must", "commit must"], said => Assert.Contains(said, wrong, StringComparison.Ordinal));
    }
}
