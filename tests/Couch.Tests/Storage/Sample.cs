using System.Diagnostics;
using System.Text;
using Couch.Cluster.Invites;
using Couch.Cluster.Storage;
using Couch.Cluster.Storage.Postgres;
using Couch.Domain.Guests;
using Couch.Domain.Invites;
using Couch.Domain.Keys;
using Couch.Domain.Vms;
using Couch.Tests.Support;
using Npgsql;
using Xunit;

namespace Couch.Tests.Storage;

/// <summary>
/// A database as a version has left it: its schema and rows of every kind and state, as text. It is written once for each
/// release, by hand, and never changed:
/// <c>tests/with-postgres.sh dotnet run --project tests/Couch.Tests -- -explicit only -class '*SampleOn*'</c>
/// </summary>
public abstract class Sample(TestCouch couch)
{
    /// <summary>The moment at which its clock stood.</summary>
    public static readonly DateTimeOffset Taken = Some.Time.AddHours(2);

    private const string Version = "first";

    public static string File(CouchDatabase database) =>
        Path.Combine(Repository.Root, "tests/Couch.Tests/Storage/Versions",
            $"{Version}.{(database is PostgresDatabase ? "postgres" : "sqlite")}.sql");

    [Fact(Explicit = true)]
    public async Task Take()
    {
        await Invites();
        await Guests();
        await Keys();
        await couch.Housekeeping.Start();
        await couch.Stop();

        var rows = (await couch.Listings.Guests(null, 1000, null, DateTimeOffset.MinValue, TestCouch.Cancel)).Rows;
        Assert.Equal(Enum.GetValues<GuestStatus>(), rows.Select(guest => guest.Status).Distinct().Order());
        Assert.Equal(Enum.GetValues<VmState>(), rows.Select(guest => guest.Vm.State).Distinct().Order());
        Assert.Equal(
            Enum.GetValues<EndReason>(),
            rows.Where(guest => guest.EndReason is not null).Select(guest => guest.EndReason!.Value).Distinct().Order());
        Directory.CreateDirectory(Path.GetDirectoryName(File(couch.Database))!);
        await System.IO.File.WriteAllTextAsync(File(couch.Database), await Dump(), TestCouch.Cancel);
    }

    private async Task Invites()
    {
        await couch.AnInvite(expiresInHours: 720);
        await couch.AnInvite(expiresInHours: 2.05);
        Assert.IsType<RevokeOutcome.Revoked>(await couch.Invite((await couch.AnInvite()).Id).Revoke(new() { Name = "configured" }));
        var expired = await couch.AnInvite(expiresInHours: 1);
        var key = Idempotency.Of("a key", "noah");
        await new InviteIdempotency(couch.Database).Claim(key, expired.Id, couch.Clock.GetUtcNow(), TestCouch.Cancel);
        couch.Clock.Advance(TimeSpan.FromHours(2));
        await couch.Invite(expired.Id).Settle();
        var redeemed = await couch.AnInvite();
        Assert.IsType<RedeemOutcome.Redeemed>(
            await couch.Invite(redeemed.Id).Redeem(Some.Redeem("a key") with { PublicKey = "ssh-ed25519 AAAA" }));
    }

    private async Task Guests()
    {
        await couch.AGuest(ResourceLimits.Default with { MaxDurationHours = 0.05 });
        var running = couch.Guest((await couch.AGuest(enforcement: Enforcement.Report)).Id);
        await running.Activate("vm-1", "http://vm-1", new() { Name = "configured" });
        await running.Report(
            new() { CpuSeconds = 1.5, MemoryPeakMB = 5000, DiskUsedGB = 2, NetworkEgressGB = 0.25, TokensUsed = 7, UptimeSeconds = 60 });
        await running.Extend(1.5, new() { Name = "configured" });
        await couch.Guest((await couch.AGuest()).Id).Kill(new() { Name = "configured" });
        await couch.Guest((await couch.AGuest()).Id).CheckOut();
        await couch.Guest((await couch.AGuest()).Id).Report(new() { TokensUsed = 50_000_001 });

        // What only a VM provider's reports bring about is written as they leave it.
        var begun = Taken.AddMinutes(-1);
        var vm = new Vm { Host = "vers", RequestedAt = begun, Attempts = 1 };
        var made = vm with { Id = "vm-2", Endpoint = "https://vm-2", ReadyAt = Taken };
        var leaving = made with { DestroyRequestedAt = Taken };
        await Put(GuestStatus.Provisioning, null, vm with { State = VmState.Requested, LastError = "503", NotBefore = Taken });
        await Put(GuestStatus.Provisioning, null, made with { State = VmState.Booting, ReadyAt = null });
        await Put(GuestStatus.Running, null, made with { State = VmState.Ready, MissingSince = Taken });
        await Put(GuestStatus.Revoked, EndReason.Killed, leaving with { State = VmState.Destroying, FailedReleases = 2 });
        await Put(GuestStatus.Expired, EndReason.Expired, leaving with { State = VmState.Destroyed, DestroyedAt = Taken });
        await Put(GuestStatus.Stopped, EndReason.VmLost, leaving with { State = VmState.Lost });
        await Put(GuestStatus.Stopped, EndReason.ProvisioningFailed,
            vm with { State = VmState.Destroyed, DestroyRequestedAt = Taken, DestroyedAt = Taken });
    }

    private async Task Put(GuestStatus status, EndReason? reason, Vm vm)
    {
        var invite = Some.Redeemed(Some.Invite(Taken.AddHours(-1)), Taken.AddMinutes(-1));
        await couch.Database.Put(GrainKinds.Invite, invite.Id.Value, invite);
        var isReady = vm.ReadyAt is not null;
        await couch.Database.Put(GrainKinds.Guest, invite.Redemption!.GuestId.Value, Guest.Arriving(invite) with
        {
            Status = status,
            EndReason = reason,
            EndDetail = reason is null ? null : vm.LastError,
            StoppedAt = reason is null ? null : Taken,
            VmId = isReady ? vm.Id : null,
            AgentEndpoint = isReady ? vm.Endpoint : null,
            Vm = vm,
        });
    }

    private async Task Keys()
    {
        foreach (var isRevoked in new[] { false, true })
        {
            var key = new HostKey
            {
                Id = HostKeyId.New(Taken, Some.Random),
                Name = "meter",
                Scopes = new() { Meter = true, Keys = isRevoked },
                CreatedWith = new() { Name = "configured" },
                ExpiresAt = isRevoked ? null : Taken.AddHours(1),
            };
            await couch.HostKey(key.Id).Create(key);
            if (isRevoked)
                await couch.HostKey(key.Id).Revoke(key.Actor);
        }
    }

    private protected abstract Task<string> Dump();
}

public sealed class SampledSqlite() : TestCouch(new SqliteEngine(), Some.Time);

public sealed class SampledPostgres() : TestCouch(new PostgresEngine(), Some.Time);

public sealed class SampleOnSqlite(SampledSqlite couch) : Sample(couch), IClassFixture<SampledSqlite>
{
    private protected override async Task<string> Dump()
    {
        var text = new StringBuilder();
        foreach (var statement in await couch.Database.Rows("SELECT sql FROM sqlite_master WHERE sql IS NOT NULL AND name NOT LIKE "
            + "'sqlite%' ORDER BY rowid"))
            text.AppendLine(statement + ";");
        foreach (var table in await couch.Database.Rows("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%' "
            + "ORDER BY rowid"))
        {
            // What is generated is not among the columns.
            var columns = await couch.Database.Rows($"SELECT name FROM pragma_table_info('{table}')");
            var values = string.Join(" || ', ' || ", columns.Select(column => $"quote({column})"));
            foreach (var row in await couch.Database.Rows($"SELECT {values} FROM {table}"))
                text.AppendLine($"INSERT INTO {table} ({string.Join(", ", columns)}) VALUES ({row});");
        }

        return text.ToString();
    }
}

public sealed class SampleOnPostgres(SampledPostgres couch) : Sample(couch), IClassFixture<SampledPostgres>
{
    private protected override async Task<string> Dump()
    {
        var settings = new NpgsqlConnectionStringBuilder(PostgresServer.ConnectionString);
        var database = (await couch.Database.Rows("SELECT current_database()")).Single();
        using var dump = Process.Start(new ProcessStartInfo(
            OwnPostgres.Program("pg_dump"),
            ["-h", settings.Host!, "-p", $"{settings.Port}", "-U", settings.Username!,
             "--column-inserts", "--no-owner", "--no-privileges", "--no-comments", database])
        {
            RedirectStandardOutput = true,
        })!;
        var text = await dump.StandardOutput.ReadToEndAsync(TestCouch.Cancel);
        await dump.WaitForExitAsync(TestCouch.Cancel);
        Assert.Equal(0, dump.ExitCode);
        // Its own client's commands, and its own version, say nothing of the couch.
        return string.Join('\n', text.Split('\n').Where(line => !line.StartsWith('\\') && !line.StartsWith("--", StringComparison.Ordinal)
            && line.Length > 0)) + "\n";
    }
}
