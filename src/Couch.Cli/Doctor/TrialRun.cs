using System.Net.Sockets;
using System.Runtime.CompilerServices;
using Couch.Cli.CommandLine;
using Couch.Cli.Guests;
using Couch.Cli.Output;
using Couch.Client;

namespace Couch.Cli.Doctor;

/// <summary>
/// The whole way once: an invite, its redemption, a VM, its endpoint, the kill and the receipt. Nothing of it is left behind, also where a
/// step fails or the command is interrupted.
/// </summary>
internal sealed class TrialRun(Invocation call, TimeSpan bound)
{
    private const string Check = "trial";
    private const string Name = "couch-doctor";

    /// <summary>If this command dies, its guest is gone by then.</summary>
    private static readonly TimeSpan LongestStay = TimeSpan.FromMinutes(15);

    private static readonly TimeSpan LongestConnect = TimeSpan.FromSeconds(5);

    /// <summary>How long it may take to take everything back, also where the command is interrupted.</summary>
    public static readonly TimeSpan LongestUndo = TimeSpan.FromSeconds(10);

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(500);

    private Invite? invite;
    private Redemption? guest;
    private bool isKilled;

    public async IAsyncEnumerable<Finding> Look([EnumeratorCancellation] CancellationToken cancel)
    {
        try
        {
            foreach (var step in new Func<CancellationToken, Task<Finding>>[] { Create, Redeem, Run, Endpoint, Kill, Receipt })
            {
                var finding = await Step(step, cancel);
                yield return finding;
                if (finding.State is Finding.Wrong)
                    yield break;
            }
        }
        finally
        {
            await Undo();
        }
    }

    private static async Task<Finding> Step(Func<CancellationToken, Task<Finding>> step, CancellationToken cancel)
    {
        try
        {
            return await step(cancel);
        }
        catch (CouchException failed)
        {
            return Finding.Fault(
                Check, $"{step.Method.Name.ToLowerInvariant()}: {failed.Message}", failed.Detail ?? "see the couch's log");
        }
    }

    private async Task<Finding> Create(CancellationToken cancel)
    {
        invite = await call.Couch.Invites.Create(
            new()
            {
                CreatedBy = Name,
                Label = "a trial by couch doctor",
                ExpiresInHours = LongestStay.TotalHours,
                ResourceLimits = new() { MaxCpuCores = 1, MaxMemoryMB = 512, MaxDiskGB = 1, MaxDurationHours = LongestStay.TotalHours },
            }, cancel: cancel);
        return Finding.Ok(Check, $"invite {invite.Id} was created");
    }

    private async Task<Finding> Redeem(CancellationToken cancel)
    {
        guest = await call.Couch.Redeem(invite!.Code, Name, cancel: cancel);
        return Finding.Ok(Check, $"it was redeemed by guest {guest.GuestId}");
    }

    private async Task<Finding> Run(CancellationToken cancel)
    {
        var patience = new Patience(call, bound);
        for (; ; await Task.Delay(Pause, call.Surroundings.Clock, cancel))
        {
            if (await patience.Ask(() => call.Couch.Guests.Get(guest!.GuestId, cancel)) is not { } now)
                continue;
            if (now.Status is GuestStatus.Running)
                return Finding.Ok(Check, $"it runs after {Words.Span(patience.Waited)}");
            if (!now.IsStaying())
                return Finding.Fault(
                    Check, $"the guest got no VM: {now.EndDetail ?? now.Vm.LastError ?? now.EndReason ?? now.Status}",
                    $"see whether the VM provider {now.Vm.Host} is reached, accepts the couch's key, and has the golden image");
            if (now.Vm.Host is null)
                return Finding.Fault(
                    Check, "the guest gets no VM: this couch has no VM provider", "configure one: docs/vms.md; or activate guests by hand");
            if (patience.IsOver)
                return Finding.Fault(
                    Check, $"the guest is still provisioning after {Words.Span(bound)}: {now.Vm.LastError ?? $"its VM is {now.Vm.State}"}",
                    $"see whether the VM provider {now.Vm.Host} is reached, accepts the couch's key, and has room; "
                        + "or give it longer by --timeout");
        }
    }

    private async Task<Finding> Endpoint(CancellationToken cancel)
    {
        var endpoint = (await call.Couch.Guests.Get(guest!.GuestId, cancel)).AgentEndpoint;
        if (!Uri.TryCreate(endpoint, UriKind.Absolute, out var address) || address.Port <= 0)
            return Finding.Note(Check, $"its endpoint is no address that could be tried from here: {endpoint}");
        using var timeout = new CancellationTokenSource(LongestConnect, call.Surroundings.Clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancel, timeout.Token);
        try
        {
            using var socket = new TcpClient();
            await socket.ConnectAsync(address.DnsSafeHost, address.Port, either.Token);
            return Finding.Ok(Check, $"its endpoint {endpoint} takes connections");
        }
        catch (Exception refused) when (
            refused is SocketException || (refused is OperationCanceledException && !cancel.IsCancellationRequested))
        {
            // Guests' agents need not be reached from where a host sits.
            return Finding.Note(Check, $"its endpoint {endpoint} is not reached from this machine");
        }
    }

    private async Task<Finding> Kill(CancellationToken cancel)
    {
        await call.Couch.Guests.Kill(guest!.GuestId, cancel: cancel);
        isKilled = true;
        return Finding.Ok(Check, "it was killed");
    }

    private async Task<Finding> Receipt(CancellationToken cancel)
    {
        var patience = new Patience(call, bound);
        for (; ; await Task.Delay(Pause, call.Surroundings.Clock, cancel))
        {
            if (await patience.Ask(() => call.Couch.Guests.Get(guest!.GuestId, cancel)) is not { } now)
                continue;
            if (now.Vm.DestroyedAt is not null)
                return Finding.Ok(Check, $"its VM is destroyed after {Words.Span(patience.Waited)}: nothing of it is left");
            if (patience.IsOver)
                return Finding.Fault(
                    Check, $"its VM is not destroyed after {Words.Span(bound)}: {now.Vm.LastError ?? now.Vm.State}",
                    "the couch goes on trying: see whether the VM provider is reached and accepts the couch's key");
        }
    }

    /// <summary>Takes back what a failed or interrupted trial has left. What cannot be taken back now ends by itself.</summary>
    private async Task Undo()
    {
        if (invite is null || isKilled)
            return;
        using var timeout = new CancellationTokenSource(LongestUndo, call.Surroundings.Clock);
        try
        {
            if ((guest?.GuestId ?? await AdmittedUnlessRevoked(invite.Id, timeout.Token)) is { } id)
                await call.Couch.Guests.Kill(id, cancel: timeout.Token);
        }
        catch (CouchValidationException)
        {
            // It has ended by itself.
        }
        catch (Exception unable) when (unable is CouchException or OperationCanceledException)
        {
            call.Notes.Warn($"the trial's invite {invite.Id} could not be taken back: it ends by itself within {Words.Span(LongestStay)}");
        }
    }

    /// <summary>Revokes the invite; where a redeem whose answer was lost came before, it is that redeem's guest which has to go.</summary>
    private async Task<string?> AdmittedUnlessRevoked(string inviteId, CancellationToken cancel)
    {
        try
        {
            await call.Couch.Invites.Revoke(inviteId, cancel: cancel);
            return null;
        }
        catch (CouchException ended) when (ended is CouchValidationException or CouchConflictException)
        {
            return (await call.Couch.Invites.Get(inviteId, cancel)).GuestId;
        }
    }
}
