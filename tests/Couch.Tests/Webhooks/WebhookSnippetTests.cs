using System.Diagnostics;
using System.Text.RegularExpressions;
using Couch.Tests.Support;
using Xunit;

namespace Couch.Tests.Webhooks;

/// <summary>What docs/hosting.md tells a receiver to do is right.</summary>
public sealed partial class WebhookSnippetTests
{
    [Theory]
    [InlineData("v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=", 1614265330, true)]
    [InlineData("v1,AAAA v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=", 1614265600, true)]
    [InlineData("v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=", 1614265931, false)]
    [InlineData("v1,g1hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=", 1614265330, false)]
    public async Task The_printed_check_takes_the_published_delivery_and_no_other(string signature, long now, bool isGenuine)
    {
        var printed = Snippet().Match(File.ReadAllText(Path.Combine(Repository.Root, "docs/hosting.md")));
        Assert.True(printed.Success);
        using var python = Start();
        Assert.SkipWhen(python is null, "there is no python3 here");
        await python.StandardInput.WriteAsync(
            $$"""
            {{printed.Groups[1].Value}}
            print(is_genuine("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", {
                "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek", "webhook-timestamp": "1614265330", "webhook-signature": "{{signature}}",
            }, b'{"test": 2432232314}', lambda: {{now}}))
            """);
        python.StandardInput.Close();
        Assert.Equal(isGenuine ? "True" : "False", (await python.StandardOutput.ReadToEndAsync()).Trim());
    }

    private static Process? Start()
    {
        try
        {
            return Process.Start(new ProcessStartInfo("python3", "-") { RedirectStandardInput = true, RedirectStandardOutput = true });
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return null;
        }
    }

    [GeneratedRegex("```python\n(.*?)```", RegexOptions.Singleline)]
    private static partial Regex Snippet();
}
