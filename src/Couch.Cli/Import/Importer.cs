using System.Security.Cryptography;
using System.Text;
using Couch.Client;

namespace Couch.Cli.Import;

/// <summary>Brings rows of the original's file into a couch, by what the protocol allows from outside.</summary>
internal sealed class Importer(CouchClient couch, Ledger ledger, TimeProvider clock, bool isDryRun)
{
    private const string Unknown = "import";

    /// <summary>A row whose time is up to within this is not worth bringing.</summary>
    private static readonly TimeSpan Least = TimeSpan.FromSeconds(30);

    /// <summary>Makes an active invite anew, with the time that it had left.</summary>
    public Task<Imported> Bring(OldInvite old, CancellationToken cancel) => Once(
        new() { Kind = "invite", OldId = old.Id, State = Imported.Left, Old = Shown(old.Code) },
        old.Status, old.Status is InviteStatus.Active, old.ExpiresAt, row => (row.InviteId, row.Code),
        async (key, row, result) =>
        {
            var made = await couch.Invites.Create(
                new()
                {
                    CreatedBy = Name(old.CreatedBy),
                    Label = old.Label,
                    ResourceLimits = old.ResourceLimits,
                    Permissions = old.Permissions,
                    ExpiresInHours = row.Hours,
                }, key, cancel);
            ledger.Keep(key, row with { InviteId = made.Id, Code = made.Code.Reveal() });
            return result with { State = Imported.Done, NewId = made.Id, New = made.Code.Reveal() };
        }, cancel);

    /// <summary>Invites a guest that stays, and redeems the invite in its name. Its token is kept before anything else is done.</summary>
    public Task<Imported> Bring(OldGuest old, OldInvite? invite, CancellationToken cancel) => Once(
        new() { Kind = "guest", OldId = old.Id, State = Imported.Left, Old = Shown(old.AuthToken) },
        old.Status, old.Status is GuestStatus.Provisioning or GuestStatus.Running, old.ExpiresAt, row => (row.GuestId, row.Token),
        async (key, row, result) =>
        {
            row = await Invited(key, row, old, invite, cancel);
            var redeemed = await couch.Redeem(row.Code!, Name(old.Name), Blank(old.PublicKey), ledger.IdempotencyKeyOf(key), cancel);
            ledger.Keep(key, row with
            {
                GuestId = redeemed.GuestId, Token = redeemed.AuthToken.Reveal(), OwesUsage = old.ResourceUsage is not null,
            });
            return result with
            {
                State = Imported.Done, NewId = redeemed.GuestId, New = redeemed.AuthToken.Reveal(), Why = WhatStayed(old),
            };
        }, cancel);

    /// <summary>
    /// Brings a row of the file that is still open and has not come before. What was made for one that is refused is taken back.
    /// </summary>
    /// <param name="came">Its new id and its new code or token, as far as the ledger has them.</param>
    private async Task<Imported> Once(
        Imported result, string? status, bool isOpen, DateTimeOffset? expiresAt, Func<LedgerRow, (string? Id, string? Secret)> came,
        Func<string, LedgerRow, Imported, Task<Imported>> make, CancellationToken cancel)
    {
        if (!isOpen)
            return result with { Why = $"it is {status}" };
        var key = Key(result.Kind, result.OldId);
        var row = ledger[key];
        if (row is not null && came(row) is ({ } id, { } secret))
            return result with { State = Imported.Done, NewId = id, New = Shown(secret), Why = "it came before" };
        if (HoursLeft(expiresAt, row) is not { } hours)
            return result with { Why = "its time is up" };
        if (isDryRun)
            return result with { State = Imported.Would };

        row ??= new() { Hours = hours };
        ledger.Keep(key, row);
        try
        {
            return await make(key, row, result);
        }
        catch (CouchException refused) when (refused is CouchValidationException or CouchConflictException)
        {
            if (ledger[key]?.InviteId is { } made)
            {
                await TakeBack(made, cancel);
                ledger.Drop(key);
            }

            return result with { State = Imported.Failed, Why = refused.Message };
        }
    }

    /// <summary>
    /// Reports what a guest that came had used: all but the time it was up, since the stay's time begins anew, and the old one would be
    /// over its limit. A guest that cannot be reported stays all the same, and the next run tries again.
    /// </summary>
    /// <returns>Why it was not reported; null where nothing is owed.</returns>
    public async Task<string?> ReportUsage(OldGuest old, CancellationToken cancel)
    {
        var key = Key("guest", old.Id);
        if (isDryRun || old.ResourceUsage is not { } used || ledger[key] is not { GuestId: { } id, OwesUsage: true } row)
            return null;
        try
        {
            await couch.Guests.ReportUsage(id, used with { UptimeSeconds = null }, cancel);
            ledger.Keep(key, row with { OwesUsage = false });
            return null;
        }
        catch (CouchException refused)
        {
            return $"what guest {id} had used was not reported: {refused.Message}";
        }
    }

    private async Task<LedgerRow> Invited(string key, LedgerRow row, OldGuest old, OldInvite? invite, CancellationToken cancel)
    {
        if (row.Code is not null)
            return row;
        var made = await couch.Invites.Create(
            new()
            {
                CreatedBy = Name(invite?.CreatedBy),
                Label = invite?.Label,
                // The new stay begins now and ends when the old one would have.
                ResourceLimits = (old.ResourceLimits ?? new()) with { MaxDurationHours = row.Hours },
                Permissions = old.Permissions,
                // The original only named a limit that was exceeded: a guest that is over one is not ended by its move.
                Enforcement = IsOverLimit(old) ? Enforcement.Report : null,
            }, ledger.IdempotencyKeyOf(key), cancel);
        row = row with { InviteId = made.Id, Code = made.Code.Reveal() };
        ledger.Keep(key, row);
        return row;
    }

    /// <summary>An invite that nobody can redeem in the guest's name is of no use, and neither is a guest whose token nobody has.</summary>
    private async Task TakeBack(string inviteId, CancellationToken cancel)
    {
        try
        {
            await couch.Invites.Revoke(inviteId, cancel: cancel);
            return;
        }
        catch (CouchException ended) when (ended is CouchValidationException or CouchConflictException)
        {
            // It has ended already: perhaps by a redeem whose answer was lost.
        }

        if ((await couch.Invites.Get(inviteId, cancel)).GuestId is not { } admitted)
            return;
        try
        {
            await couch.Guests.Kill(admitted, cancel: cancel);
        }
        catch (CouchValidationException)
        {
            // It has ended already.
        }
    }

    private double? HoursLeft(DateTimeOffset? expiresAt, LedgerRow? row)
    {
        if (row is not null)
            return row.Hours;
        var left = (expiresAt ?? DateTimeOffset.MinValue) - clock.GetUtcNow();
        return left < Least ? null : Math.Round(left.TotalHours, 3, MidpointRounding.ToPositiveInfinity);
    }

    private static string? WhatStayed(OldGuest old) => old.VmId is null
        ? null
        : $"its VM {old.VmId} does not come: the couch makes a new one; without a provider: couch guest activate ID --vm-id {old.VmId} "
            + $"--endpoint {old.AgentEndpoint}";

    private static bool IsOverLimit(OldGuest old)
    {
        var (used, may) = (old.ResourceUsage ?? new(), old.ResourceLimits ?? new());
        return used.TokensUsed > may.MaxTokenBudget || used.DiskUsedGB > may.MaxDiskGB || used.NetworkEgressGB > may.MaxNetworkEgressGB
            || used.MemoryPeakMB > may.MaxMemoryMB;
    }

    /// <summary>A dry run shows no secrets.</summary>
    private string? Shown(string? secret) => isDryRun ? null : secret;

    private static string Name(string? name) => Blank(name) ?? Unknown;

    private static string? Blank(string? text) => string.IsNullOrWhiteSpace(text) ? null : text;

    /// <summary>Made from the old id, which the file has and nobody else needs: the same row always asks with the same key.</summary>
    private static string Key(string kind, string oldId) =>
        "import-" + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{kind} {oldId}")));
}
