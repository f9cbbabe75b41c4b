using System.Diagnostics.Metrics;
using System.Text.Json.Nodes;
using Couch.Cluster;
using Couch.Cluster.Guests;
using Couch.Cluster.Housekeeping;
using Couch.Cluster.Storage;
using Couch.Cluster.Telemetry;
using Couch.Domain.Guests;
using Couch.Domain.Invites;
using Couch.Domain.Keys;
using Couch.Domain.Text;
using Couch.Tests.Support;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace Couch.Tests.Storage;

/// <summary>Rows that this version cannot read: a newer version's, damaged ones, and those that were edited by hand.</summary>
public abstract class UnreadableRowTests(DamagedCouch couch) : IAsyncLifetime
{
    private const string Sentence = "the stored row of this guest cannot be read by this version of the couch";
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(30);

    public static TheoryData<string> Damages => [.. DamagedCouch.Damages.Keys];

    private static DateTimeOffset Now => TimeProvider.System.Now();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        await couch.Clear();
    }

    [Fact]
    public async Task A_list_shows_what_can_be_read_and_names_what_cannot()
    {
        var good = new List<string>();
        var bad = new List<string>();
        var minute = 0;
        foreach (var damage in DamagedCouch.Damages.Values)
        {
            var (guest, damaged) = (DamagedCouch.AGuest(Now.AddMinutes(-minute++), 72), DamagedCouch.AGuest(Now.AddMinutes(-minute++), 72));
            await couch.Put(guest);
            await couch.Put(damaged, damage);
            good.Add(guest.Id.Value);
            bad.Add(damaged.Id.Value);
        }

        var whole = (await couch.Host.Get("/couch/guests?limit=1000")).Is(200);
        Assert.Equal(good, Ids(whole, "guests"));
        Assert.Equal(bad, Unreadable(whole));
        Assert.Equal(good.Count, (int)whole.Json["count"]!);
        Assert.Null(whole["nextCursor"]);

        foreach (var limit in new[] { 1, 3 })
        {
            var (read, named) = (new List<string>(), new List<string>());
            for (string? cursor = ""; cursor is not null;)
            {
                var page = (await couch.Host.Get($"/couch/guests?limit={limit}&cursor={cursor}")).Is(200);
                read.AddRange(Ids(page, "guests"));
                named.AddRange(Unreadable(page));
                cursor = page["nextCursor"];
            }

            Assert.Equal(good, read);
            Assert.Equal(bad, named);
        }
    }

    [Fact]
    public async Task A_page_of_a_hundred_others_is_whole()
    {
        for (var minute = 0; minute < 100; minute++)
            await couch.Put(DamagedCouch.AGuest(Now.AddMinutes(-minute), 72));
        await couch.Put(DamagedCouch.AGuest(Now.AddMinutes(1), 72), DamagedCouch.Damages["an unknown status word"]);

        Assert.Equal(100, (int)(await couch.Host.Get("/couch/guests?limit=1000")).Is(200).Json["count"]!);
        Assert.Equal(100, (int)(await couch.Host.Get("/couch/guests?limit=1000&status=provisioning")).Is(200).Json["count"]!);
    }

    [Fact]
    public async Task A_filter_names_what_cannot_be_read_under_the_status_that_its_column_says()
    {
        var (missing, dateless, unknown, overdue) = (AtHand(), AtHand(), AtHand(), DamagedCouch.AGuest(Now.AddHours(-2), 1));
        await couch.Put(missing, DamagedCouch.Damages["a field missing"]);
        await couch.Put(dateless, row => DamagedCouch.Without(row, "expiresAt"));
        await couch.Put(unknown, DamagedCouch.Damages["an unknown status word"]);
        await couch.Put(overdue, DamagedCouch.Damages["a field missing"]);
        var shown = AtHand();
        await couch.Put(shown);

        var provisioning = (await couch.Host.Get("/couch/guests?status=provisioning")).Is(200);
        Assert.Equal([shown.Id.Value], Ids(provisioning, "guests"));
        Assert.Equal(Sorted(missing, dateless), Unreadable(provisioning).Order(StringComparer.Ordinal));
        Assert.Equal(Sorted(overdue), Unreadable((await couch.Host.Get("/couch/guests?status=expired")).Is(200)));
        Assert.Empty(Unreadable((await couch.Host.Get("/couch/guests?status=running")).Is(200)));

        static Guest AtHand() => DamagedCouch.AGuest(Now, 72);
        static IEnumerable<string> Sorted(params Guest[] guests) => guests.Select(guest => guest.Id.Value).Order(StringComparer.Ordinal);
    }

    [Fact]
    public async Task A_row_whose_key_is_no_id_or_that_has_been_cleared_is_in_nobodys_way()
    {
        var guest = DamagedCouch.AGuest(Now, 72);
        await couch.Put(guest);
        await couch.PutText(
            GrainKinds.Guest, "somebody",
            """{"status":"running","expiresAt":"2026-01-01T00:00:00.000Z","vmId":"vm","vm":{"state":"ready"}}""");
        await couch.PutText(GrainKinds.Invite, "something", """{"status":"active","expiresAt":"2026-01-01T00:00:00.000Z"}""");
        await couch.PutText(GrainKinds.Invite, "somewhere", """{"status":"redeemed","redemption":{"guestId":"nobody"}}""");
        await couch.PutText(GrainKinds.Guest, "7ZZZZZZZZZZZZZZZZZZZZZZZZZ", "{}");
        await couch.Database.Rows($"INSERT INTO grain_state (service, kind, id, version, state) VALUES ('{GrainKinds.Service}', 'guest', "
            + $"'{GuestId.New(Now, Some.Random)}', 2, NULL)");

        foreach (var status in new[] { "", "provisioning", "running", "expired", "stopped" })
        {
            (await couch.Host.Get($"/couch/guests?limit=2&status={status}")).Is(200);
            (await couch.Host.Get("/couch/invites?status="
                + status.Replace("provisioning", "active").Replace("running", "redeemed").Replace("stopped", "revoked"))).Is(200);
        }

        Assert.Equal([guest.Id.Value], Ids((await couch.Host.Get("/couch/guests")).Is(200), "guests"));
        Assert.Equal(0, (await couch.Housekeeping.Sweep()).Arrived);
        await couch.Housekeeping.SweepVms();
    }

    [Theory]
    [MemberData(nameof(Damages))]
    public async Task The_rows_own_endpoints_say_why_they_cannot_answer(string damage)
    {
        var guest = DamagedCouch.AGuest(Now, 72);
        await couch.Put(guest, DamagedCouch.Damages[damage]);
        var (path, token) = ($"/couch/guests/{guest.Id}", couch.Keys.Sign(guest.Id).Reveal());

        (await couch.Host.Get(path)).Refuses(503, Sentence);
        (await couch.Host.Get($"{path}/status")).Refuses(503, Sentence);
        (await couch.Host.Post($"{path}/activate", new { vmId = "vm", agentEndpoint = "https://vm" })).Refuses(503, Sentence);
        (await couch.Host.Put($"{path}/usage", new { tokensUsed = 1 })).Refuses(503, Sentence);
        (await couch.Host.Post($"{path}/extend", new { hours = 1 })).Refuses(503, Sentence);
        (await couch.Couch.Anyone.Get($"/couch/status?token={token}")).Refuses(503, Sentence);
        (await couch.Couch.Anyone.Get($"/couch/status?token={token}&wait=1")).Refuses(503, Sentence);
    }

    [Theory]
    [MemberData(nameof(Damages))]
    public async Task A_kill_ends_the_guest_durably_and_destroys_its_vm(string damage)
    {
        var guest = await couch.ARunningGuest(Now, 72);
        await couch.Put(guest, DamagedCouch.Damages[damage]);

        var killed = (await couch.Host.Delete($"/couch/guests/{guest.Id}")).Is(200);

        Assert.Equal((guest.Id.Value, "revoked"), (killed["id"], killed["status"]));
        var row = await couch.Row(GrainKinds.Guest, guest.Id.Value);
        Assert.Equal(("revoked", "killed", killed["stoppedAt"], "configured"),
            ($"{row!["status"]}", $"{row["endReason"]}", $"{row["stoppedAt"]}", $"{row["killedWith"]!["name"]}"));
        await HasReceipt(guest.Id);
        Assert.False(couch.HasVm(guest.Id));
        (await couch.Host.Delete($"/couch/guests/{guest.Id}")).Refuses(400, "guest already revoked");
        var revoked = (await couch.Host.Get("/couch/guests?status=revoked")).Is(200);
        Assert.Equal([guest.Id.Value], [.. Ids(revoked, "guests"), .. Unreadable(revoked)]);
    }

    [Fact]
    public async Task A_kill_that_is_repeated_under_its_key_gives_the_same_answer()
    {
        var guest = await couch.ARunningGuest(Now, 72);
        await couch.Put(guest, DamagedCouch.Damages["a field missing"]);
        var host = couch.Host.Sending("Idempotency-Key", "once");

        var killed = (await host.Delete($"/couch/guests/{guest.Id}")).Is(200);

        Assert.Equal(killed.Body, (await host.Delete($"/couch/guests/{guest.Id}")).Is(200).Body);
        (await couch.Host.Sending("Idempotency-Key", "twice").Delete($"/couch/guests/{guest.Id}")).Refuses(400, "guest already revoked");
    }

    [Theory]
    [MemberData(nameof(Damages))]
    public async Task Its_time_ends_the_guest_and_destroys_its_vm(string damage)
    {
        // So long ago that its stay is over by whatever is left to reckon with.
        var guest = await couch.ARunningGuest(Now.AddHours(-ResourceLimits.MostHours - 1), ResourceLimits.MostHours);
        await couch.Put(guest, DamagedCouch.Damages[damage]);

        await couch.Housekeeping.Sweep();
        await couch.Housekeeping.SweepVms();

        await HasReceipt(guest.Id);
        Assert.False(couch.HasVm(guest.Id));
        var row = await couch.Row(GrainKinds.Guest, guest.Id.Value);
        Assert.Equal(("expired", "expired", guest.ExpiresAt.ToIso()), ($"{row!["status"]}", $"{row["endReason"]}", $"{row["stoppedAt"]}"));
    }

    [Theory]
    [MemberData(nameof(Damages))]
    public async Task Until_then_its_vm_stays(string damage)
    {
        var guest = await couch.ARunningGuest(Now.AddMinutes(-10), 72);
        await couch.Put(guest, DamagedCouch.Damages[damage]);

        await couch.Housekeeping.Sweep();
        var found = await couch.Housekeeping.SweepVms();

        Assert.Empty(found.ToDestroy);
        Assert.True(couch.HasVm(guest.Id));
        Assert.True(JsonNode.DeepEquals(JsonNode.Parse(await Text(guest, damage)), await couch.Row(GrainKinds.Guest, guest.Id.Value)));

        async Task<string> Text(Guest of, string name)
        {
            // The same damage once more: what is not written over is as it was.
            var row = System.Text.Json.JsonSerializer.SerializeToNode(of, CouchJson.Stored)!.AsObject();
            var again = DamagedCouch.Damages[name](row);
            return name is "another guest's id" ? (await couch.Row(GrainKinds.Guest, of.Id.Value))!.ToJsonString() : again;
        }
    }

    [Fact]
    public async Task Its_reminder_ends_it_too_and_its_own_check_out()
    {
        var (due, leaving) = (await couch.ARunningGuest(Now.AddHours(-2), 1), await couch.ARunningGuest(Now, 72));
        await couch.Put(due, DamagedCouch.Damages["a field missing"]);
        await couch.Put(leaving, DamagedCouch.Damages["a field missing"]);

        await couch.Service<IGrainFactory>().GetGrain<IGuestGrain>(due.Id.Value).AsReference<IRemindable>().ReceiveReminder("due", default);
        var left = (await couch.Couch.Anyone.Post("/couch/checkout", new { token = couch.Keys.Sign(leaving.Id).Reveal() })).Is(200);

        Assert.Equal(("stopped", "checked-out"), (left["status"], left["endReason"]));
        await HasReceipt(due.Id);
        await HasReceipt(leaving.Id);
        Assert.False(couch.HasVm(due.Id) || couch.HasVm(leaving.Id));
    }

    [Fact]
    public async Task A_row_that_is_repaired_answers_at_once_and_no_restart_is_needed()
    {
        var guest = DamagedCouch.AGuest(Now, 72);
        await couch.Put(guest, DamagedCouch.Damages["an unknown status word"]);
        (await couch.Host.Get($"/couch/guests/{guest.Id}")).Refuses(503, Sentence);

        await couch.Database.Rows($"DELETE FROM grain_state WHERE id = '{guest.Id}'");
        await couch.Put(guest);

        Assert.Equal("provisioning", (await couch.Host.Get($"/couch/guests/{guest.Id}")).Is(200)["status"]);
    }

    [Fact]
    public async Task An_invite_that_cannot_be_read_is_neither_spent_nor_revoked()
    {
        Dictionary<string, Func<JsonObject, string>> damages = new()
        {
            ["an unknown status word"] = row => DamagedCouch.With(row, "status", "reserved"),
            ["a date that is none"] = row => DamagedCouch.With(row, "expiresAt", "2026-13-45"),
            ["a record missing"] = row => DamagedCouch.Without(row, "permissions"),
            ["a wrong type"] = row => DamagedCouch.With(row, "label", 7),
            ["nothing in it"] = _ => "{}",
            ["null"] = _ => "null",
        };
        const string why = "the stored row of this invite cannot be read by this version of the couch";
        var other = await couch.Host.Invite();
        foreach (var damage in damages.Values)
        {
            var invite = Some.Invite(Now);
            await couch.Put(invite, damage);
            var before = $"{await couch.Row(GrainKinds.Invite, invite.Id.Value)}";
            var code = couch.Keys.Sign(invite.Id).Reveal();

            (await couch.Host.Get($"/couch/invites/{invite.Id}")).Refuses(503, why);
            (await couch.Couch.Anyone.Get($"/couch/invites/preview?code={code}")).Refuses(503, why);
            (await couch.Couch.Anyone.Post("/couch/redeem", new { code, name = "guest-1" })).Refuses(503, why);
            (await couch.Host.Delete($"/couch/invites/{invite.Id}")).Refuses(503, why);
            Assert.Equal(before, $"{await couch.Row(GrainKinds.Invite, invite.Id.Value)}");
            Assert.Contains(invite.Id.Value, Unreadable((await couch.Host.Get("/couch/invites")).Is(200)));
        }

        var list = (await couch.Host.Get("/couch/invites")).Is(200);
        Assert.Equal([other["id"]!], Ids(list, "invites"));
        Assert.Equal(damages.Count, Unreadable(list).Count());
    }

    [Fact]
    public async Task A_key_that_cannot_be_read_opens_nothing()
    {
        const string why = "the stored row of this host key cannot be read by this version of the couch";
        var key = AKey();
        await couch.Put(key, row => DamagedCouch.With(row, "scopes", new JsonArray("all")));
        var good = AKey();
        await couch.Put(good);

        (await couch.Couch.With(couch.Keys.Sign(key.Id).Reveal()).Get("/couch/guests")).Refuses(503, why);
        (await couch.Host.Get($"/couch/keys/{key.Id}")).Refuses(503, why);
        (await couch.Host.Delete($"/couch/keys/{key.Id}")).Refuses(503, why);
        (await couch.Couch.With(couch.Keys.Sign(good.Id).Reveal()).Get("/couch/guests")).Is(200);
        var list = (await couch.Host.Get("/couch/keys")).Is(200);
        Assert.Equal([good.Id.Value], Ids(list, "keys"));
        Assert.Equal([key.Id.Value], Unreadable(list));
    }

    [Fact]
    public async Task Housekeeping_goes_on_with_all_others_and_counts_what_it_cannot_read()
    {
        using var reading = new MeterReading(couch.Service<IMeterFactory>());
        var longAgo = Now.AddHours(-10);
        var due = Some.Invite(longAgo, expiresInHours: 2);
        await couch.Put(Some.Invite(longAgo, expiresInHours: 1), row => DamagedCouch.Without(row, "permissions"));
        await couch.Put(due);
        var spent = Some.Redeemed(Some.Invite(longAgo), Now);
        await couch.Put(Some.Redeemed(Some.Invite(longAgo), Now), row => DamagedCouch.Without(row, "permissions"));
        await couch.Put(spent);
        await couch.Put(DamagedCouch.AGuest(Now, 72), DamagedCouch.Damages["an unknown status word"]);
        await couch.Put(DamagedCouch.AGuest(Now, 72));

        var found = await couch.Housekeeping.Sweep();

        Assert.Equal((1, 1), (found.Overdue, found.Arrived));
        Assert.Equal("expired", $"{(await couch.Row(GrainKinds.Invite, due.Id.Value))!["status"]}");
        Assert.NotNull(await couch.Row(GrainKinds.Guest, spent.Redemption!.GuestId.Value));
        Assert.True(reading.Sum("couch.housekeeping.found unreadable-row") >= 3);
        Assert.Equal(3, reading.Now("couch.row.unreadable"));
        Assert.Equal(2, reading.Now("couch.guest.count provisioning") + reading.Now("couch.guest.count running"));
    }

    [Fact]
    public async Task Rows_that_cannot_be_read_do_not_stand_before_more_than_a_batch_of_others()
    {
        var first = Now.AddHours(-10);
        var rows = Enumerable.Range(0, 501).Select(_ =>
            $$"""('{{GrainKinds.Service}}', 'invite', '{{InviteId.New(first, Some.Random)}}', 1, '{"status":"active","expiresAt":"{{first.ToIso()}}"}')""");
        await couch.Database.Rows($"INSERT INTO grain_state (service, kind, id, version, state) VALUES {string.Join(", ", rows)}");
        var due = Some.Invite(Now.AddHours(-5), expiresInHours: 2);
        await couch.Put(due);

        Assert.Equal(1, (await couch.Housekeeping.Sweep()).Overdue);
        Assert.Equal("expired", $"{(await couch.Row(GrainKinds.Invite, due.Id.Value))!["status"]}");
    }

    [Fact]
    public async Task Housekeeping_that_cannot_read_its_own_row_begins_anew()
    {
        await couch.PutText(GrainKinds.Housekeeping, "another", """{"arrivedBelow":"never"}""");
        var house = couch.Service<IGrainFactory>().GetGrain<IHousekeepingGrain>("another");

        await house.Sweep();

        Assert.True(GuestId.TryParse($"{(await couch.Row(GrainKinds.Housekeeping, "another"))!["arrivedBelow"]}", out _));
    }

    [Fact]
    public async Task What_is_past_and_cannot_be_read_is_kept_and_the_others_are_purged()
    {
        var longAgo = Now.AddDays(-30);
        var invites = Enumerable.Range(0, 2).Select(minute => Some.Redeemed(Some.Invite(longAgo), longAgo.AddMinutes(minute))).ToArray();
        foreach (var (invite, isDamaged) in invites.Zip([true, false]))
        {
            await couch.Put(invite);
            var guest = Guest.Arriving(invite) with { Status = GuestStatus.Stopped, EndReason = EndReason.CheckedOut,
                StoppedAt = invite.Redemption!.RedeemedAt };
            await couch.Put(guest, isDamaged ? DamagedCouch.Damages["a field missing"] : null);
        }

        await couch.Put(Some.Invite(longAgo) with { Status = InviteStatus.Expired }, row => DamagedCouch.Without(row, "permissions"));
        var gone = Some.Invite(longAgo.AddDays(1)) with { Status = InviteStatus.Expired };
        await couch.Put(gone);

        await new Purge(
            new() { Days = 1 }, new HousekeepingRows(couch.Database), couch.Service<IGrainFactory>(), couch.Service<CouchMeter>(),
            TimeProvider.System, NullLogger<Purge>.Instance).Pass();

        var left = await couch.Database.Rows("SELECT id FROM grain_state WHERE kind IN ('guest', 'invite')");
        Assert.Contains(invites[0].Id.Value, left);
        Assert.Contains(invites[0].Redemption!.GuestId.Value, left);
        Assert.DoesNotContain(invites[1].Id.Value, left);
        Assert.DoesNotContain(invites[1].Redemption!.GuestId.Value, left);
        Assert.DoesNotContain(gone.Id.Value, left);
        Assert.Equal(3, left.Count);
    }

    [Fact]
    public async Task All_rows_are_looked_through_in_parts()
    {
        var sweeps = new HousekeepingRows(couch.Database);
        var bad = new List<string>();
        for (var i = 0; i < 25; i++)
        {
            var guest = DamagedCouch.AGuest(Now.AddMinutes(i), 72);
            await couch.Put(guest, i % 3 == 0 ? DamagedCouch.Damages["a field missing"] : null);
            if (i % 3 == 0)
                bad.Add(guest.Id.Value);
        }

        await couch.PutText("a kind of tomorrow", "x", """{"of":"no concern"}""");
        var found = new List<string>();
        RowKey? last = null;
        do
        {
            var part = await sweeps.LookThrough(last, 10, Cancel);
            found.AddRange(part.Unreadable.Select(row => row.Id));
            last = part.Last;
        }
        while (last is not null);

        Assert.Equal(bad, found);
    }

    [Fact]
    public async Task Fields_of_a_newer_version_are_kept_in_whatever_depth_when_this_one_writes()
    {
        var guest = await couch.ARunningGuest(Now, 72);
        await couch.Put(guest, row =>
        {
            row["createdAt"] = "of tomorrow";
            row["pets"] = new JsonArray(new JsonObject { ["cat"] = 1.50m }, null);
            row["nothing"] = null;
            row["vm"]!["region"] = "eu";
            row["resourceUsage"]!["gpuSeconds"] = 12345678901234567890m;
            return row.ToJsonString();
        });

        Assert.Equal(
            7,
            (long)(await couch.Host.Put($"/couch/guests/{guest.Id}/usage", new { tokensUsed = 7 })).Is(200)
                .Json["resourceUsage"]!["tokensUsed"]!);
        (await couch.Host.Post($"/couch/guests/{guest.Id}/extend", new { hours = 1 })).Is(200);
        Assert.Equal(6, (await couch.Host.Get($"/couch/guests/{guest.Id}")).Is(200).Json["resourceUsage"]!.AsObject().Count);
        (await couch.Host.Delete($"/couch/guests/{guest.Id}")).Is(200);
        await HasReceipt(guest.Id);

        var row = (await couch.Row(GrainKinds.Guest, guest.Id.Value))!;
        Assert.Equal(("revoked", "7"), ($"{row["status"]}", $"{row["resourceUsage"]!["tokensUsed"]}"));
        Assert.Equal("of tomorrow", $"{row["createdAt"]}");
        Assert.True(JsonNode.DeepEquals(JsonNode.Parse("""[{"cat":1.50},null]"""), row["pets"]), $"{row["pets"]}");
        Assert.True(row.AsObject().ContainsKey("nothing"));
        Assert.Equal(("eu", "destroyed"), ($"{row["vm"]!["region"]}", $"{row["vm"]!["state"]}"));
        Assert.Equal("12345678901234567890", $"{row["resourceUsage"]!["gpuSeconds"]}");
    }

    [Fact]
    public async Task Fields_of_a_newer_version_are_kept_on_invites_and_keys_and_a_record_that_goes_takes_its_own_along()
    {
        var invite = Some.Invite(Now);
        await couch.Put(invite, row => DamagedCouch.With(row, "seats", 4));
        var key = AKey();
        await couch.Put(key, row =>
        {
            row["scopes"]!["webhooks"] = true;
            return row.ToJsonString();
        });

        (await couch.Couch.Anyone.Post("/couch/redeem", new { code = couch.Keys.Sign(invite.Id).Reveal(), name = "guest-1" })).Is(201);
        (await couch.Host.Delete($"/couch/keys/{key.Id}")).Is(200);

        var redeemed = (await couch.Row(GrainKinds.Invite, invite.Id.Value))!;
        Assert.Equal(("redeemed", "4"), ($"{redeemed["status"]}", $"{redeemed["seats"]}"));
        var revoked = (await couch.Row(GrainKinds.HostKey, key.Id.Value))!;
        Assert.NotNull(revoked["revokedAt"]);
        Assert.True((bool)revoked["scopes"]!["webhooks"]!);

        var left = StoredJson.TryRead<Guest>(
            """{"vm":{"host":"vers","region":"eu"},"activatedWith":{"name":"x","more":1},"""
                + Text(DamagedCouch.AGuest(Now, 1))[1..].Replace("\"vm\":{", "\"was\":{"),
            out var unknown, out _);
        var written = JsonNode.Parse(StoredJson.Write(left! with { ActivatedWith = null }, unknown, null, null))!;
        Assert.Equal((false, "eu"), (written.AsObject().ContainsKey("activatedWith"), $"{written["vm"]!["region"]}"));
    }

    private static HostKey AKey() =>
        new() { Id = HostKeyId.New(Now, Some.Random), Name = "ci", Scopes = new() { Guests = true }, CreatedWith = Actor.Configured };

    private static string Text<T>(T state) => System.Text.Json.JsonSerializer.Serialize(state, CouchJson.Stored);

    private static IEnumerable<string> Ids(Answer list, string noun) => list.Json[noun]!.AsArray().Select(row => row!["id"]!.ToString());

    private static IEnumerable<string> Unreadable(Answer list) => list.Json["unreadable"]!.AsArray().Select(id => id!.ToString());

    /// <summary>
    /// Where the row said nothing of its VM, a create may be on its way: the receipt waits until every list would show it.
    /// </summary>
    private Task HasReceipt(GuestId guest) => Until.True(
        async () => await couch.Row(GrainKinds.Guest, guest.Value) is JsonObject row && row["vm"] is JsonObject vm
            && (vm["destroyedAt"] ?? (vm["unaccounted"] is null ? null : vm["cleanSince"])) is not null,
        Soon, "the receipt");
}

public sealed class UnreadableRowsOnSqlite(DamagedSqliteCouch couch) : UnreadableRowTests(couch), IClassFixture<DamagedSqliteCouch>
{
    private readonly DamagedSqliteCouch couch = couch;

    [Fact]
    public async Task What_is_json_to_sqlite_alone_cannot_be_read_and_is_killed_all_the_same()
    {
        var guest = await couch.ARunningGuest(TimeProvider.System.Now(), 72);
        await couch.Put(guest, row => row.ToJsonString()[..^1] + ", edited: 'by hand', }");

        (await couch.Host.Get($"/couch/guests/{guest.Id}")).Refuses(503);
        (await couch.Host.Delete($"/couch/guests/{guest.Id}")).Is(200);
        await Until.True(() => Task.FromResult(!couch.HasVm(guest.Id)), TimeSpan.FromSeconds(30), "its VM is gone");
        Assert.Contains("by hand", $"{(await couch.Row(GrainKinds.Guest, guest.Id.Value))!["unreadable"]}", StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_no_json_does_not_get_into_the_table()
    {
        var guest = GuestId.New(TimeProvider.System.Now(), Some.Random).Value;
        await Assert.ThrowsAnyAsync<Exception>(() => couch.PutText(GrainKinds.Guest, guest, "{\"status\":"));
        await Assert.ThrowsAnyAsync<Exception>(() => couch.PutText(GrainKinds.Guest, guest, ""));
    }
}

public sealed class UnreadableRowsOnPostgres(DamagedPostgresCouch couch) : UnreadableRowTests(couch), IClassFixture<DamagedPostgresCouch>;
