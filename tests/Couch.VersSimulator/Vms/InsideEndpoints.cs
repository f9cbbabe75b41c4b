using Couch.VersSimulator.Calls;

namespace Couch.VersSimulator.Vms;

/// <summary>A VM from inside: its files and its commands. Both need it running.</summary>
internal static class InsideEndpoints
{
    private const int DefaultMode = 0b110_100_100;

    /// <summary>The folders a new VM has.</summary>
    private static readonly HashSet<string> Folders = ["/", "/etc", "/home", "/root", "/tmp"];

    public static void MapInsides(this IEndpointRouteBuilder api)
    {
        api.MapPut("vm/{vm_id}/files", WriteFile).Is(Call.Files);
        api.MapGet("vm/{vm_id}/files", ReadFile).Is(Call.Files);
        api.MapPost("vm/{vm_id}/exec", Exec).Is(Call.Exec);
    }

    private static Reply WriteFile(string vm_id, WriteFileBody body, Account account) => Inside(vm_id, account, (vm, _) =>
    {
        if (body is not { Path: ['/', ..] path, ContentB64: { } base64 })
            return (Reply.Error(400, "an absolute path and content_b64 are needed"), vm);
        var bytes = new byte[base64.Length];
        if (!Convert.TryFromBase64String(base64, bytes, out var length))
            return (Reply.Error(400, "content_b64 is not base64"), vm);
        if (body.CreateDirs is not true && !HasFolder(vm, Path.GetDirectoryName(path)!))
            return (Reply.Error(500, $"{path}: no such file or directory"), vm);
        var file = new VmFile(bytes.AsMemory(0, length), body.Mode ?? DefaultMode);
        return (Reply.Ok(), vm with { Files = vm.Files.SetItem(path, file) });
    });

    private static Reply ReadFile(string vm_id, string path, Account account) => Inside(vm_id, account, (vm, now) =>
    {
        byte[]? content = vm.Files.GetValueOrDefault(path)?.Content.ToArray() ?? Proc.Read(vm, path, now);
        return (content is null ? Reply.Error(404, $"{path}: no such file") : Reply.Ok(new FileBody(Convert.ToBase64String(content))), vm);
    });

    private static Reply Exec(string vm_id, ExecBody body, Account account) => Inside(vm_id, account, (vm, now) =>
    {
        if (body.Command is not { Length: > 0 } command)
            return (Reply.Error(400, "a command is needed"), vm);
        var (exitCode, stdout, stderr) = Shell.Run(vm, now, command);
        return (Reply.Ok(new ExecutedBody(exitCode, stdout, stderr, body.ExecId)), vm);
    });

    /// <remarks>The description has no code for a VM that is not running, so it is the provider's failure.</remarks>
    private static Reply Inside(string vmId, Account account, Func<SimulatedVm, DateTimeOffset, (Reply, SimulatedVm)> act)
    {
        var reply = Reply.Error(404, VmEndpoints.NotFound(vmId));
        if (Guid.TryParse(vmId, out var id))
        {
            account.Change(id, (vm, now) =>
            {
                if (vm.StateAt(now) is not VmState.Running and var state)
                {
                    reply = Reply.Error(500, $"the VM is not running but {state.ToString().ToLowerInvariant()}");
                    return vm;
                }

                (reply, var changed) = act(vm, now);
                return changed;
            });
        }

        return reply;
    }

    private static bool HasFolder(SimulatedVm vm, string folder) =>
        Folders.Contains(folder) || vm.Files.Keys.Any(file => file.StartsWith(folder + "/", StringComparison.Ordinal));
}
