using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Couch.Domain.Guests;
using Couch.Domain.Vms;

namespace Couch.Tests.Model;

/// <summary>
/// What tells two worlds apart, as 128 bits of a hash: all that decides what may happen from here on. Times count by their distance
/// from now, and those that are past alike.
/// </summary>
internal sealed class Key
{
    private static readonly TimeSpan LongAgo = TimeSpan.FromMinutes(3);

    private readonly byte[] bytes = new byte[4096];
    private int length;
    private DateTimeOffset now;

    public UInt128 Of(World world)
    {
        (length, now) = (0, world.Now);
        Put(world.Row);
        Put(world.Current);
        Put(world.Stale);
        Put(world.HasStaleNode ? 1 : 0);
        Put(world.Losses);
        Put(world.VmsMade);
        foreach (var call in world.Calls)
            Put(call);
        Put(-1);
        foreach (var told in world.Reports)
        {
            Put((int)told.Node);
            Put(told.Report);
        }

        Put(-1);
        foreach (var vm in world.Vms)
        {
            Put(vm.Id);
            Put(vm.IsClaimOnItsWay ? 1 : 0);
            Put(vm.ClaimedAt);
            Put(vm.MadeAt);
        }

        Put(-1);
        foreach (var shown in world.Listed ?? [])
            Put(shown);
        Put(world.Listed is null ? null : (DateTimeOffset?)world.ListedAt);

        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(bytes.AsSpan(0, length), hash);
        return MemoryMarshal.Read<UInt128>(hash);
    }

    private void Put(int number)
    {
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(length), number);
        length += sizeof(int);
    }

    private void Put(string? text)
    {
        Put(text?.Length ?? -1);
        foreach (var letter in text ?? "")
            bytes[length++] = (byte)letter;
    }

    private void Put(DateTimeOffset? time)
    {
        var distance = time - now;
        Put(distance is not { } span ? int.MinValue : span < -LongAgo ? int.MinValue + 1 : (int)Math.Min(span.TotalMilliseconds,
            int.MaxValue));
    }

    private void Put(Memory? memory)
    {
        Put(memory is null ? 0 : memory.IsBehind ? 2 : 1);
        if (memory is null)
            return;
        if (memory.IsBehind)
            Put(memory.Known);
        var work = memory.Work;
        Put(work.Attempt ?? -1);
        Put((work.IsWatching ? 1 : 0) | (work.ReleasesBesideAttempt ? 2 : 0) | (work.IsGoneButForAttempt ? 4 : 0));
        Put(work.Release);
        Put(work.WakesAt > now ? work.WakesAt : null);
    }

    private void Put(VmStep.Release? release)
    {
        Put(release is null ? 0 : 1);
        Put(release?.Own);
        Put(release?.Condemned);
        Put(release?.Given?.Id);
        Put((int?)release?.Given?.Fate ?? -1);
    }

    private void Put(Guest guest)
    {
        // Why it has ended decides nothing any more.
        Put(guest.IsStaying ? (int)guest.Status : -1);
        Put(guest.VmId);
        Put(guest.ExpiresAt > now ? 1 : 0);
        var vm = guest.Vm;
        Put((int)vm.State);
        Put(vm.Attempts);
        Put(vm.Id);
        Put((int?)vm.UnderWay ?? -1);
        Put(vm.Unaccounted);
        Put(vm.Condemned);
        Put(Math.Min(vm.FailedReleases, 3));
        Put(vm.NotBefore > now ? vm.NotBefore : null);
        Put(vm.CleanSince);
        Put(vm.MissingSince);
        Put(vm.ReadyAt);
        Put(vm.DestroyedAt is null ? 0 : 1);
        Put(vm.NotBefore ?? vm.DestroyRequestedAt ?? vm.RequestedAt);
    }

    private void Put(Call call)
    {
        Put((int)call.Node);
        switch (call.What)
        {
            case CallOf.Attempt attempt:
                Put(1);
                Put(attempt.Number);
                Put((int)attempt.Stage);
                Put(attempt.MayMake ? 1 : 0);
                Put(attempt.VmId);
                break;
            case CallOf.Watch watch:
                Put(2);
                Put(watch.Number);
                Put(watch.VmId);
                break;
            case CallOf.Release release:
                Put(3);
                Put(release.What);
                Put(release.Began);
                Put((release.DestroysOwn ? 1 : 0) | (release.HasDestroyed ? 2 : 0));
                break;
            case CallOf.Destroy destroy:
                Put(4);
                Put(destroy.VmId);
                break;
        }
    }

    private void Put(VmReport report)
    {
        switch (report)
        {
            case VmReport.Made made:
                Put(1);
                Put(made.Attempt);
                Put(made.VmId);
                Put(made.IsFound ? 1 : 0);
                break;
            case VmReport.NotFound notFound:
                Put(2);
                Put(notFound.Attempt);
                break;
            case VmReport.Failed failed:
                Put(3);
                Put(failed.Attempt);
                Put((failed.MayHaveMade ? 1 : 0) | (failed.MayBeClaimed ? 2 : 0));
                break;
            case VmReport.Ready ready:
                Put(4);
                Put(ready.VmId);
                break;
            case VmReport.Looked looked:
                Put(5);
                Put(looked.VmId);
                Put(looked.IsThere ? 1 : 0);
                break;
            case VmReport.Gone gone:
                Put(6);
                Put((gone.HasDestroyed ? 1 : 0) | (gone.LeavesGiven ? 2 : 0));
                Put(gone.Began);
                Put(new VmStep.Release(gone.Own, gone.Given));
                break;
            case VmReport.NotGone:
                Put(7);
                break;
        }
    }
}
