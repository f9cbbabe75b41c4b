using System.Runtime.CompilerServices;
using Couch.Cli.CommandLine;
using Couch.Cli.Output;
using Couch.Client;

namespace Couch.Cli.Doctor;

/// <summary>What goes on inside: guests that wait for VMs, and VMs of guests that have ended.</summary>
internal sealed class GuestChecks(Invocation call)
{
    private const int Recent = 100;
    private static readonly TimeSpan UsualDestroy = TimeSpan.FromMinutes(1);

    public async IAsyncEnumerable<Finding> Look([EnumeratorCancellation] CancellationToken cancel)
    {
        var (summary, why) = await Summary(cancel);
        if (why is not null)
            yield return why;
        var waiting = await Guests(GuestStatus.Provisioning, cancel);
        var trouble = summary?.VmTrouble;
        yield return trouble is not null
            ? Trouble(summary!.VmProvider, trouble)
            : Provider(summary?.VmProvider, waiting, await Guests(null, cancel));
        if (summary?.Owed is not { } owed)
            yield break;
        if (trouble is null && owed.ProvisioningOverAMinute > 0 && waiting.Any(guest => guest.Vm.Host is not null))
            yield return Slow(owed.ProvisioningOverAMinute, waiting);
        await foreach (var finding in Debts(owed).ToAsyncEnumerable().WithCancellation(cancel))
            yield return finding;
    }

    /// <summary>Webhooks that do not deliver.</summary>
    public static async IAsyncEnumerable<Finding> Webhooks(Invocation call, [EnumeratorCancellation] CancellationToken cancel)
    {
        var all = 0;
        var ill = 0;
        await foreach (var webhook in call.Couch.Webhooks.List(Pages.Most, cancel))
        {
            all++;
            if (webhook.State is WebhookState.Active)
                continue;
            ill++;
            yield return Finding.Fault(
                "webhook", $"webhook {webhook.Id} to {webhook.Url} is {webhook.State}, {webhook.Behind} events behind: {webhook.LastError}",
                $"mend the receiver, then: couch webhook test {webhook.Id} && couch webhook resume {webhook.Id}");
        }

        if (all > 0 && ill == 0)
            yield return Finding.Ok("webhook", all == 1 ? "the webhook delivers" : $"all {all} webhooks deliver");
    }

    private static IEnumerable<Finding> Debts(Owed owed)
    {
        if (owed.DestroysOutstanding > 0 && owed.OldestDestroySeconds > UsualDestroy.TotalSeconds)
        {
            yield return Finding.Fault(
                "owed", $"the VMs of {owed.DestroysOutstanding} guests are not destroyed yet, the oldest for "
                    + Words.Span(TimeSpan.FromSeconds(owed.OldestDestroySeconds ?? 0)),
                "the couch goes on trying: see whether the VM provider is reached and accepts the couch's key; "
                    + "'couch guest show' has its last error");
        }
        else
        {
            yield return Finding.Ok("owed", owed.DestroysOutstanding == 0
                ? "nothing of an ended guest is left"
                : $"{owed.DestroysOutstanding} VMs are being destroyed, none for longer than usual");
        }

        if (owed.UnclaimedVms > 0)
            yield return Finding.Fault(
                "owed", $"the VM provider has {owed.UnclaimedVms} VMs that are nobody's",
                "on a dedicated account the couch destroys them within minutes; otherwise look there whether they are yours");
    }

    /// <summary>The couch says itself what is wrong with the provider.</summary>
    private static Finding Trouble(string? provider, VmTrouble trouble)
    {
        var (what, mend) = trouble.Fault switch
        {
            VmFault.Unreachable => (
                "does not answer", "start it, or correct VERS_API_URL or DOCKER_HOST of the couch; a firewall may be in between"),
            VmFault.KeyRefused => ("does not accept the couch's key", "give the couch a key of the account: VERS_API_KEY"),
            VmFault.ImageMissing => (
                "does not have what VMs are made from", "correct GOLDEN_COMMIT_ID, or get COUCH_DOCKER_IMAGE onto the engine"),
            VmFault.Failing => ("fails", "the couch goes on trying: see the provider's own status"),
            var other => ($"is {other}", "see the couch's log"),
        };
        return Finding.Fault("provider", $"the VM provider {provider} {what}: {trouble.Says} ({Words.Time(trouble.At)})", mend);
    }

    private static Finding Provider(string? provider, List<Guest> waiting, List<Guest> recent)
    {
        if (waiting.Where(guest => guest.Vm.Host is null).ToList() is [_, ..] orphans)
            return Finding.Fault(
                "provider",
                $"this couch has no VM provider: {orphans.Count} guest{(orphans.Count == 1 ? "" : "s")} (the newest: {orphans[0].Id}) "
                    + "wait for somebody to give them a VM",
                "configure one (docs/vms.md); or by hand: couch guest activate ID --vm-id VM --endpoint ADDRESS");

        // The newest that tells anything.
        var telling = recent.FirstOrDefault(guest => guest.Vm.ReadyAt is not null || guest.EndReason is EndReason.ProvisioningFailed);
        if (telling?.EndReason is EndReason.ProvisioningFailed)
            return Finding.Fault(
                "provider", $"the newest guest got no VM: {telling.EndDetail ?? telling.Vm.LastError ?? "the provider has failed"}",
                $"see whether the VM provider {telling.Vm.Host} is reached, accepts the couch's key, and has the golden image");
        return (provider ?? telling?.Vm.Host) is { } name
            ? Finding.Ok("provider", $"VMs come from {name}")
            : Finding.Note("provider", "no VM provider is known: without one, guests wait for a host to activate them. --deep tries");
    }

    private static Finding Slow(long count, List<Guest> waiting)
    {
        var oldest = waiting[^1];
        return Finding.Fault(
            "provider", $"{count} guest{(count == 1 ? "" : "s")} wait for over a minute for a VM from {oldest.Vm.Host}: "
                + (oldest.Vm.LastError ?? "it has said nothing yet"),
            "see whether the VM provider is reached, accepts the couch's key, and has the golden image and room");
    }

    private async Task<(CouchSummary? Summary, Finding? Why)> Summary(CancellationToken cancel)
    {
        try
        {
            return (await call.Couch.Summary(cancel), null);
        }
        catch (CouchException unknown) when (Older.DoesNotKnow(unknown))
        {
            // The version has said so.
            return (null, null);
        }
        catch (CouchException failed)
        {
            return (null, Finding.Fault(
                "owed", $"the couch does not say what it owes: {failed.Message}", failed.Detail ?? "ask again; the couch's log says more"));
        }
    }

    private async Task<List<Guest>> Guests(string? status, CancellationToken cancel)
    {
        await foreach (var page in call.Couch.Guests.Pages(new() { Status = status, PageSize = Recent }, cancel))
            return [.. page.Guests];
        return [];
    }
}
