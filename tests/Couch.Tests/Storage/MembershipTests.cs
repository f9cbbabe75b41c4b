using System.Data.Common;
using System.Net;
using Couch.Cluster.Membership;
using Couch.Cluster.Storage;
using Couch.Tests.Support;
using Xunit;

namespace Couch.Tests.Storage;

/// <summary>The table by which silos find each other: PostgreSQL only, for a cluster has no SQLite.</summary>
public sealed class MembershipTests(PostgresEngine engine) : IClassFixture<PostgresEngine>, IAsyncLifetime
{
    private static readonly DateTime Now = TimeProvider.System.GetUtcNow().UtcDateTime;
    private OrleansProviders providers = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private IMembershipTable Table => providers.Membership;

    public async ValueTask InitializeAsync()
    {
        providers = await OrleansProviders.On(engine.Database);
        await Table.InitializeMembershipTableAsync(tryInitTableVersion: true, Cancel);
        await Table.DeleteMembershipTableEntriesAsync("test", Cancel);
        await Table.InitializeMembershipTableAsync(tryInitTableVersion: true, Cancel);
    }

    public ValueTask DisposeAsync() => providers.DisposeAsync();

    [Fact]
    public async Task A_silo_that_joins_is_seen_as_it_wrote_itself()
    {
        var silo = Silo(1);

        Assert.True(await Table.InsertRowAsync(silo, (await Table.ReadAllAsync(Cancel)).Version.Next(), Cancel));

        var seen = Assert.Single((await Table.ReadAllAsync(Cancel)).Members).Item1;
        Assert.Equal(silo.SiloAddress, seen.SiloAddress);
        Assert.Equal(
            (silo.SiloName, silo.HostName, silo.Status, silo.ProxyPort), (seen.SiloName, seen.HostName, seen.Status, seen.ProxyPort));
        Assert.Equal(silo.StartTime, seen.StartTime, TimeSpan.FromMilliseconds(1));
        Assert.Equal(silo.SiloAddress, Assert.Single((await Table.ReadRowAsync(silo.SiloAddress, Cancel)).Members).Item1.SiloAddress);
        Assert.Empty((await Table.ReadRowAsync(Silo(9).SiloAddress, Cancel)).Members);
    }

    [Fact]
    public async Task Of_many_that_change_one_version_one_succeeds()
    {
        var version = (await Table.ReadAllAsync(Cancel)).Version.Next();

        var joined = await Task.WhenAll(
            Enumerable.Range(1, 12).Select(port => Task.Run(() => Table.InsertRowAsync(Silo(port), version, Cancel))));

        Assert.Single(joined, didJoin => didJoin);
        var all = await Table.ReadAllAsync(Cancel);
        Assert.Single(all.Members);
        Assert.Equal(version.Version, all.Version.Version);
    }

    [Fact]
    public async Task A_silo_cannot_join_twice_and_the_version_stays()
    {
        var silo = Silo(1);
        await Table.InsertRowAsync(silo, (await Table.ReadAllAsync(Cancel)).Version.Next(), Cancel);
        var before = (await Table.ReadAllAsync(Cancel)).Version;

        Assert.False(await Table.InsertRowAsync(silo, before.Next(), Cancel));

        Assert.Equal(before.Version, (await Table.ReadAllAsync(Cancel)).Version.Version);
    }

    [Fact]
    public async Task A_change_names_the_version_it_saw_or_changes_nothing()
    {
        var silo = Silo(1);
        var old = (await Table.ReadAllAsync(Cancel)).Version.Next();
        await Table.InsertRowAsync(silo, old, Cancel);
        silo.Status = SiloStatus.Dead;
        silo.AddSuspector(Silo(2).SiloAddress, Now);

        var row = Assert.Single((await Table.ReadAllAsync(Cancel)).Members).Item2;
        Assert.False(await Table.UpdateRowAsync(silo, row, old, Cancel));
        Assert.Equal(SiloStatus.Active, Assert.Single((await Table.ReadAllAsync(Cancel)).Members).Item1.Status);

        Assert.True(await Table.UpdateRowAsync(silo, row, (await Table.ReadAllAsync(Cancel)).Version.Next(), Cancel));
        var seen = Assert.Single((await Table.ReadAllAsync(Cancel)).Members).Item1;
        Assert.Equal(SiloStatus.Dead, seen.Status);
        Assert.Equal(Silo(2).SiloAddress, Assert.Single(seen.SuspectTimes!).Item1);
    }

    [Fact]
    public async Task A_sign_of_life_changes_no_version()
    {
        var silo = Silo(1);
        await Table.InsertRowAsync(silo, (await Table.ReadAllAsync(Cancel)).Version.Next(), Cancel);
        var before = (await Table.ReadAllAsync(Cancel)).Version;
        silo.IAmAliveTime = Now.AddMinutes(1);

        await Table.UpdateIAmAliveAsync(silo, Cancel);

        var after = await Table.ReadAllAsync(Cancel);
        Assert.Equal(before.Version, after.Version.Version);
        Assert.Equal(Now.AddMinutes(1), Assert.Single(after.Members).Item1.IAmAliveTime, TimeSpan.FromMilliseconds(1));
    }

    [Fact]
    public async Task Long_silent_silos_are_cleaned_away_and_active_ones_stay()
    {
        var (dead, alive) = (Silo(1), Silo(2));
        dead.Status = SiloStatus.Dead;
        await Table.InsertRowAsync(dead, (await Table.ReadAllAsync(Cancel)).Version.Next(), Cancel);
        await Table.InsertRowAsync(alive, (await Table.ReadAllAsync(Cancel)).Version.Next(), Cancel);

        await Table.CleanupDefunctSiloEntriesAsync(Now.AddDays(1), Cancel);

        Assert.Equal(alive.SiloAddress, Assert.Single((await Table.ReadAllAsync(Cancel)).Members).Item1.SiloAddress);
    }

    [Fact]
    public async Task A_silo_is_not_dead_before_the_lease_is_over_that_the_table_has_promised_and_cannot_renew_it_meanwhile()
    {
        var silo = Silo(1);
        await Table.InsertRowAsync(silo, (await Table.ReadAllAsync(Cancel)).Version.Next(), Cancel);
        var lease = TimeSpan.FromSeconds(1);
        var promised = TimeProvider.System.GetTimestamp();
        Assert.NotEmpty(await Renew(silo, lease));

        silo.Status = SiloStatus.Dead;
        var seen = await Table.ReadAllAsync(Cancel);
        var dying = Task.Run(() => Table.UpdateRowAsync(silo, seen.Members[0].Item2, seen.Version.Next(), Cancel));
        await Until.True(async () => await Waiting("couch_membership_update") is 1, lease, "the death waits");
        var renewing = Task.Run(() => Renew(silo, lease));
        Assert.Equal(SiloStatus.Active, Assert.Single((await Table.ReadAllAsync(Cancel)).Members).Item1.Status);

        Assert.True(await dying);
        Assert.True(TimeProvider.System.GetElapsedTime(promised) >= lease);
        Assert.Empty(await renewing);
        Assert.Equal(SiloStatus.Dead, Assert.Single((await Table.ReadAllAsync(Cancel)).Members).Item1.Status);
    }

    [Fact]
    public async Task A_silo_whose_lease_is_over_or_given_back_is_dead_at_once()
    {
        var silo = Silo(1);
        await Table.InsertRowAsync(silo, (await Table.ReadAllAsync(Cancel)).Version.Next(), Cancel);
        await Renew(silo, TimeSpan.FromSeconds(30));
        await Renew(silo, TimeSpan.Zero);

        silo.Status = SiloStatus.Dead;
        var seen = await Table.ReadAllAsync(Cancel);
        // Any wait would be longer than a statement's time.
        Assert.True(await Table.UpdateRowAsync(silo, seen.Members[0].Item2, seen.Version.Next(), Cancel));
    }

    /// <summary>Such a moment is of a database whose clock was set back since.</summary>
    [Fact]
    public async Task A_death_waits_for_no_longer_than_a_lease_can_be_promised()
    {
        var silo = Silo(1);
        await Table.InsertRowAsync(silo, (await Table.ReadAllAsync(Cancel)).Version.Next(), Cancel);
        await Renew(silo, TimeSpan.FromHours(1));

        silo.Status = SiloStatus.Dead;
        var seen = await Table.ReadAllAsync(Cancel);
        var began = TimeProvider.System.GetTimestamp();
        Assert.True(await Table.UpdateRowAsync(silo, seen.Members[0].Item2, seen.Version.Next(), Cancel));
        Assert.True(TimeProvider.System.GetElapsedTime(began) >= NodeLease.Duration + LeaseRenewal.Margin);
    }

    private Task<List<int>> Renew(MembershipEntry silo, TimeSpan time) => Ask(LeaseRenewal.RenewStatement, row => row.GetInt32(0),
        ("seconds", time.TotalSeconds), ("deployment", "test"), ("address", $"{silo.SiloAddress.Endpoint.Address}"),
        ("port", silo.SiloAddress.Endpoint.Port), ("generation", silo.SiloAddress.Generation));

    private async Task<long> Waiting(string statement) => (await Ask(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event = 'PgSleep' AND query LIKE '%' || "
            + "@statement || '%'",
        row => row.GetInt64(0), ("statement", statement)))[0];

    private async Task<List<T>> Ask<T>(string query, Func<DbDataReader, T> read, params (string Name, object Value)[] values)
    {
        await using var connection = await engine.Database.Writes.OpenConnectionAsync(Cancel);
        await using var command = connection.CreateCommand();
        command.CommandText = query;
        foreach (var (name, value) in values)
            command.Add(name, value);
        return await command.Rows(read, Cancel);
    }

    private static MembershipEntry Silo(int port) => new()
    {
        SiloAddress = SiloAddress.New(new IPEndPoint(IPAddress.Loopback, port), 7),
        SiloName = $"silo {port}",
        HostName = "here",
        Status = SiloStatus.Active,
        ProxyPort = 30_000,
        StartTime = Now,
        IAmAliveTime = Now,
    };
}
