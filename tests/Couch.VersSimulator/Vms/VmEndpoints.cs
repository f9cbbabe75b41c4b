using Couch.VersSimulator.Calls;

namespace Couch.VersSimulator.Vms;

/// <summary>A VM from outside: made, claimed, looked at, grown, destroyed.</summary>
internal static class VmEndpoints
{
    public static void MapVms(this IEndpointRouteBuilder api)
    {
        api.MapPost("vm/from_commit", Create).Is(Call.Create);
        api.MapPatch("vm/{vm_id}/label", Label).Is(Call.Label);
        api.MapGet("vm/{vm_id}/status", Status).Is(Call.Status);
        api.MapGet("vm/{vm_id}/metadata", Metadata).Is(Call.Metadata);
        api.MapGet("vms", List).Is(Call.List);
        api.MapGet("vm/commits/{commit_id}/parents", Parents).Is(Call.Commit);
        api.MapDelete("vm/{vm_id}", Destroy).Is(Call.Destroy);
        api.MapPatch("vm/{vm_id}/disk", GrowDisk).Is(Call.Disk);
    }

    private static Reply Create(CreateBody body, SimulatorOptions options, Account account)
    {
        switch (body)
        {
            case { CommitId: { } text, TagName: null, Ref: null }:
                if (!Guid.TryParse(text, out var commit))
                    return Reply.Error(400, $"commit_id: '{text}' is not a UUID");
                return commit == options.Commit ? Created() : Reply.Error(404, $"commit not found: {commit}");
            case { CommitId: null, TagName: { } tag, Ref: null }:
                return tag == options.Tag ? Created() : Reply.Error(404, $"tag not found: {tag}");
            case { CommitId: null, TagName: null, Ref: { } reference }:
                if (reference.Split(':') is not [{ Length: > 0 }, { Length: > 0 }])
                    return Reply.Error(400, "ref is repo_name:tag_name");
                return reference == options.Ref ? Created() : Reply.Error(404, $"reference not found: {reference}");
            default:
                return Reply.Error(400, "one of commit_id, tag_name and ref is needed");
        }

        Reply Created() => new(201, new CreatedBody(account.Create(options.Commit)));
    }

    /// <remarks>The description knows no 404 here: a VM that is not there is an invalid request.</remarks>
    private static Reply Label(string vm_id, LabelBody body, Account account) =>
        Guid.TryParse(vm_id, out var id) && account.Label(id, body.Labels ?? []) ? Reply.Ok() : Reply.Error(400, NotFound(vm_id));

    private static Reply Status(string vm_id, Account account, TimeProvider clock) =>
        Guid.TryParse(vm_id, out var id) && account.Find(id) is { } vm
            ? Reply.Ok(Body(vm, account, clock.GetUtcNow()))
            : Reply.Error(404, NotFound(vm_id));

    private static Reply List(Account account, TimeProvider clock) => Reply.Ok(Listed(account, clock.GetUtcNow()));

    /// <summary>The account's list as it was at a moment.</summary>
    internal static VmBody[] Listed(Account account, DateTimeOffset moment) =>
        [.. account.ListAt(moment).Select(vm => Body(vm, account, moment))];

    /// <remarks>The one commit has no parents: the list is itself.</remarks>
    private static Reply Parents(string commit_id, SimulatorOptions options, Account account)
    {
        if (!Guid.TryParse(commit_id, out var commit))
            return Reply.Error(400, $"'{commit_id}' is not a UUID");
        return commit == options.Commit
            ? Reply.Ok(new[] { new CommitBody(commit, account.Owner, options.Tag, DateTimeOffset.UnixEpoch, IsPublic: false) })
            : Reply.Error(404, $"commit not found: {commit}");
    }

    /// <remarks>Still answers for a VM that was destroyed: when it was is a field of this answer.</remarks>
    private static Reply Metadata(string vm_id, Account account, TimeProvider clock)
    {
        if (!Guid.TryParse(vm_id, out var id) || account.Remember(id) is not { } vm)
            return Reply.Error(404, NotFound(vm_id));
        var now = clock.GetUtcNow();
        var exists = vm.ExistsAt(now);
        return Reply.Ok(new MetadataBody(
            vm.Id, account.Owner, vm.CreatedAt, exists ? vm.StateAt(now) : VmState.Dead, Ip(vm.Id),
            DeletedAt: exists ? null : vm.GoneFrom, vm.Commit, GrandparentVmId: null));
    }

    private static async Task<Reply> Destroy(string vm_id, bool? skip_wait_boot, HttpContext http, Account account, TimeProvider clock)
    {
        if (!Guid.TryParse(vm_id, out var id))
            return Reply.Error(400, $"'{vm_id}' is not a UUID");
        if (await Booted(id, skip_wait_boot, http, account, clock) is { } refusal)
            return refusal;
        return account.Destroy(id) ? Reply.Ok(new DestroyedBody(id)) : Reply.Error(404, NotFound(vm_id));
    }

    private static async Task<Reply> GrowDisk(
        string vm_id, bool? skip_wait_boot, DiskBody body, HttpContext http, Account account, TimeProvider clock)
    {
        if (!Guid.TryParse(vm_id, out var id))
            return Reply.Error(400, $"'{vm_id}' is not a UUID");
        if (body.FsSizeMib is not { } size)
            return Reply.Error(400, "fs_size_mib is needed");
        if (await Booted(id, skip_wait_boot, http, account, clock) is { } refusal)
            return refusal;

        var reply = Reply.Error(404, NotFound(vm_id));
        account.Change(id, (vm, now) =>
        {
            reply = vm switch
            {
                _ when vm.StateAt(now) is VmState.Dead => Reply.Error(500, "the VM is dead"),
                _ when size <= vm.DiskMib => Reply.Error(400, $"the disk already has {vm.DiskMib} MiB"),
                _ => Reply.Ok(),
            };
            return reply.Status is 200 ? vm with { DiskMib = size } : vm;
        });
        return reply;
    }

    /// <summary>Waits for the boot, or refuses to; null once it is over.</summary>
    private static async Task<Reply?> Booted(Guid id, bool? skipWait, HttpContext http, Account account, TimeProvider clock)
    {
        if (skipWait is true)
            return account.Find(id)?.StateAt(clock.GetUtcNow()) is VmState.Booting ? Reply.Error(400, "the VM is still booting") : null;
        await account.WaitForBoot(id, http.RequestAborted);
        return null;
    }

    private static VmBody Body(SimulatedVm vm, Account account, DateTimeOffset now) =>
        new(vm.Id, account.Owner, vm.CreatedAt, vm.StateAt(now), vm.Labels);

    private static string Ip(Guid id)
    {
        var bytes = id.ToByteArray();
        return $"fd00::{bytes[^4]:x2}{bytes[^3]:x2}:{bytes[^2]:x2}{bytes[^1]:x2}";
    }

    internal static string NotFound(string id) => $"VM not found: {id}";
}
