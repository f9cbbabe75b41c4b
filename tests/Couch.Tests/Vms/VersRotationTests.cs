using System.Collections.Concurrent;
using Couch.Cluster.Configuration;
using Couch.Cluster.Vms.Vers;
using Couch.Tests.Support;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace Couch.Tests.Vms;

/// <summary>What the provider is asked before its key or the golden commit is exchanged, and what becomes of its answers.</summary>
public sealed class VersRotationTests : IAsyncLifetime
{
    private const string FirstKey = "the-first-key";
    private const string SecondKey = "the-second-key";
    private const string FirstCommit = "00000000-0000-4000-8000-00000000c0c4";
    private const string SecondCommit = "00000000-0000-4000-8000-00000000c0c5";

    private readonly ConcurrentQueue<string> asked = new();
    private (string Path, int Status) refusal;
    private StubServer vers = null!;
    private ServiceProvider couch = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private VersAccount Account => couch.GetRequiredService<VersAccount>();

    public async ValueTask InitializeAsync()
    {
        vers = await StubServer.Start(Answer);
        Assert.True(VersKey.TryParse(FirstKey, out var key));
        couch = new ServiceCollection().AddLogging().AddVers(new()
        {
            Key = key, Commit = new(FirstCommit), ApiUrl = $"{vers.Address}api", RepeatDelay = TimeSpan.FromMilliseconds(1),
        }).BuildServiceProvider();
    }

    public async ValueTask DisposeAsync()
    {
        await couch.DisposeAsync();
        await vers.DisposeAsync();
    }

    [Theory]
    [InlineData(FirstKey, SecondCommit, $"{FirstKey} /api/vm/commits/{SecondCommit}/parents")]
    [InlineData(SecondKey, FirstCommit, $"{SecondKey} /api/vms, {SecondKey} /api/vm/commits/{FirstCommit}/parents")]
    [InlineData(SecondKey, SecondCommit, $"{SecondKey} /api/vms, {SecondKey} /api/vm/commits/{SecondCommit}/parents")]
    public async Task What_is_new_is_shown_to_the_provider_before_it_counts(string key, string commit, string asks)
    {
        Assert.Equal((true, ""), await Renew(key, commit));
        Assert.Equal(asks, string.Join(", ", asked));
        Assert.Equal((key, commit), (Account.Key.Header.Parameter, $"{Account.Commit}"));

        Assert.Equal((false, ""), await Renew(key, commit));
        Assert.Equal(asks, string.Join(", ", asked));
    }

    /// <remarks>An outage is a refusal too, until the provider answers.</remarks>
    [Theory]
    [InlineData(FirstKey, SecondCommit, "/parents", 404, "GOLDEN_COMMIT_ID was exchanged, and the new one cannot be used: Vers refused")]
    [InlineData(FirstKey, SecondCommit, "/parents", 403, "GOLDEN_COMMIT_ID was exchanged, and the new one cannot be used: Vers refused")]
    [InlineData(FirstKey, SecondCommit, "/parents", 500, "GOLDEN_COMMIT_ID was exchanged, and the new one cannot be used: Vers failed")]
    [InlineData(SecondKey, SecondCommit, "/parents", 404, "GOLDEN_COMMIT_ID was exchanged, and the new one cannot be used: Vers refused")]
    [InlineData(SecondKey, FirstCommit, "/parents", 403, "VERS_API_KEY was exchanged, and with the new one GOLDEN_COMMIT_ID")]
    [InlineData(SecondKey, FirstCommit, "/vms", 401, "VERS_API_KEY was exchanged, and the new one does not open the account")]
    public async Task What_the_provider_refuses_does_not_count_until_it_is_accepted(
        string key, string commit, string path, int status, string why)
    {
        refusal = (path, status);
        var (isRenewed, errors) = await Renew(key, commit);
        Assert.False(isRenewed);
        Assert.StartsWith(why, errors, StringComparison.Ordinal);
        Assert.DoesNotContain(key, errors, StringComparison.Ordinal);
        Assert.Equal((FirstKey, FirstCommit), (Account.Key.Header.Parameter, $"{Account.Commit}"));

        refusal = default;
        Assert.Equal((true, ""), await Renew(key, commit));
        Assert.Equal((key, commit), (Account.Key.Header.Parameter, $"{Account.Commit}"));
    }

    [Fact]
    public async Task A_key_that_is_written_into_the_commits_file_is_not_quoted()
    {
        var (_, errors) = await Renew(FirstKey, SecondKey);
        Assert.Equal("GOLDEN_COMMIT_ID must be a UUID", errors);
    }

    private async Task<(bool IsRenewed, string Errors)> Renew(string key, string commit)
    {
        var settings = new Settings(new ConfigurationBuilder().AddInMemoryCollection(
            new Dictionary<string, string?> { [VersOptions.KeyName] = key, [VersOptions.CommitName] = commit }).Build());
        var isRenewed = await couch.GetRequiredService<IRotatingSetting>().Renew(settings, Cancel);
        return (isRenewed, string.Join("; ", settings.Errors));
    }

    /// <summary>Quotes the key that it is shown, as providers do.</summary>
    private async Task Answer(HttpContext http)
    {
        var key = $"{http.Request.Headers.Authorization}"["Bearer ".Length..];
        asked.Enqueue($"{key} {http.Request.Path}");
        var isRefused = refusal.Path is { } path && http.Request.Path.Value!.EndsWith(path, StringComparison.Ordinal);
        http.Response.StatusCode = isRefused ? refusal.Status : 200;
        await (isRefused ? http.Response.WriteAsJsonAsync(new { error = $"not with {key}" }) : http.Response.WriteAsync("[]"));
    }
}
