using System.Text.RegularExpressions;
using Couch.Client;
using Couch.Tests.Support;
using Xunit;

namespace Couch.Tests.Client;

/// <summary>What docs/clients.md and the package's own page print compiles, and does what they say.</summary>
public sealed partial class DocumentedClientTests(KeyedCouchHost host) : IClassFixture<KeyedCouchHost>
{
    [Fact]
    public async Task The_printed_program_runs()
    {
        using var http = new HttpClient();
        // The program's output, which nobody here reads.
        var Console = TextWriter.Null;
        var (address, hostKey, patience) = (host.Address, KeyedCouchHost.Key, TimeSpan.FromMilliseconds(100));

        // printed
        var couch = new CouchClient(http, new() { Address = address, HostKey = hostKey });

        // A host invites; a guest redeems the code, and waits for its VM, up to a minute.
        var invite = await couch.Invites.Create(new() { CreatedBy = "noah", Label = "reviewers" });
        var redeemed = await couch.Redeem(invite.Code, "guest-1");
        var stay = await couch.Stay(redeemed.AuthToken).Get(wait: patience);

        // Lists ask for further pages by themselves.
        await foreach (var guest in couch.Guests.List(new() { Status = stay.Status }))
            Console.WriteLine($"{guest.Name} is {guest.Status} until {guest.ExpiresAt}");

        await couch.Guests.Kill(redeemed.GuestId);

        // What happens after an event, or from now on: resumed by itself, without a gap and without a repeat.
        await foreach (var happened in couch.Events.Follow(since: 0, new() { Subject = redeemed.GuestId }))
        {
            Console.WriteLine($"{happened.Id} {happened.Type} {happened.Agent}");
            if (happened.Type == EventTypes.GuestKilled)
                break;
        }
        // until here

        Assert.Equal(EndReason.Killed, (await couch.Guests.Get(redeemed.GuestId)).EndReason);
    }

    [Theory]
    [InlineData("docs/clients.md")]
    [InlineData("src/Couch.Client/README.md")]
    public void What_is_printed_is_what_runs(string page)
    {
        var own = Printed().Match(Text("tests/Couch.Tests/Client/DocumentedClientTests.cs")).Groups[1].Value;
        var program = own.Split('\n').Select(line => line.Length > 8 ? line[8..] : line.Trim());

        Assert.Equal(string.Join('\n', program).Trim(), Block().Match(Text(page)).Groups[1].Value.Trim());
    }

    private static string Text(string page) => File.ReadAllText(Path.Combine(Repository.Root, page));

    [GeneratedRegex("// printed\n(.*?)// until here", RegexOptions.Singleline)]
    private static partial Regex Printed();

    [GeneratedRegex("```csharp\n(.*?)```", RegexOptions.Singleline)]
    private static partial Regex Block();
}
