using System.Collections.Immutable;
using System.Security.Cryptography;

namespace Couch.VersSimulator.Vms;

/// <summary>
/// Every VM the account ever had, and what is true of them now. One lock, held for a look or a change and never for a
/// wait, so any number of calls at once see one order of events.
/// </summary>
public sealed class Account(SimulatorOptions options)
{
    /// <summary>Longer than any boot; a timer cannot wait for ever.</summary>
    private static readonly TimeSpan LongestWait = TimeSpan.FromDays(1);

    private readonly Lock gate = new();
    private readonly Dictionary<Guid, SimulatedVm> vms = [];
    private readonly Dictionary<string, int> mostClaimed = [];
    private readonly TimeProvider clock = options.Clock;

    /// <summary>Who owns every VM of the account.</summary>
    public Guid Owner { get; } = NewId(options.Ids);

    /// <summary>Every VM ever made, also those that are gone, as they are now.</summary>
    public IReadOnlyList<VmView> All
    {
        get
        {
            lock (gate)
            {
                var now = clock.GetUtcNow();
                return [.. vms.Values.Select(vm => View(vm, now))];
            }
        }
    }

    /// <summary>Those that still exist, the dead ones among them: at the provider these cost.</summary>
    public IReadOnlyList<VmView> Left => [.. All.Where(vm => vm.State is not null)];

    /// <summary>How many of them there are.</summary>
    public int CountLeft() => List().Count;

    /// <summary>
    /// The most VMs that ever existed at the same time with one guest's claim, over all guests. A dead VM counts until it
    /// is destroyed: whoever lists finds its claim.
    /// </summary>
    public int MostClaimedByOneGuest
    {
        get { lock (gate) return mostClaimed.Values.DefaultIfEmpty().Max(); }
    }

    /// <summary>The most VMs that ever existed at the same time with this guest's claim.</summary>
    public int MostClaimedBy(string guest)
    {
        lock (gate)
            return mostClaimed.GetValueOrDefault(guest);
    }

    /// <summary>One VM as it is now, also when it is gone; null where there never was one.</summary>
    public VmView? Look(Guid id)
    {
        lock (gate)
            return vms.TryGetValue(id, out var vm) ? View(vm, clock.GetUtcNow()) : null;
    }

    /// <summary>
    /// Puts a VM into a state by force: booting never ends, dead stays dead.
    /// </summary>
    /// <returns>Whether there is such a VM.</returns>
    public bool Put(Guid id, VmState state) => Change(id, (vm, now) => state switch
    {
        VmState.Booting => vm with { BootedAt = DateTimeOffset.MaxValue, DeadFrom = null },
        VmState.Dead => vm with { DeadFrom = now },
        _ => vm with { BootedAt = now < vm.BootedAt ? now : vm.BootedAt, DeadFrom = null, Mode = state },
    });

    /// <summary>The VM dies by itself: it stays in the list, as dead.</summary>
    public bool Kill(Guid id, TimeSpan after = default) => Change(id, (vm, now) => vm with { DeadFrom = now + after });

    /// <summary>The VM is gone without anybody having destroyed it.</summary>
    public bool Vanish(Guid id, TimeSpan after = default) => Change(id, (vm, now) => vm with { GoneFrom = now + after });

    /// <summary>Sets what the VM has used.</summary>
    public bool Use(Guid id, Func<VmUsage, VmUsage> use) => Change(id, (vm, _) => vm with { Usage = use(vm.Usage) });

    internal Guid Create(Guid commit)
    {
        lock (gate)
        {
            var now = clock.GetUtcNow();
            var id = NewId(options.Ids);
            vms.Add(id, new()
            {
                Id = id,
                Commit = commit,
                CreatedAt = now,
                BootedAt = now + options.BootDelay,
                DiskMib = options.DiskMib,
                Usage = options.Usage,
            });
            return id;
        }
    }

    /// <summary>A VM that exists.</summary>
    internal SimulatedVm? Find(Guid id)
    {
        lock (gate)
            return vms.TryGetValue(id, out var vm) && vm.ExistsAt(clock.GetUtcNow()) ? vm : null;
    }

    /// <summary>A VM that exists, or one of which the account remembers that it was destroyed.</summary>
    internal SimulatedVm? Remember(Guid id)
    {
        lock (gate)
            return vms.TryGetValue(id, out var vm) && (vm.WasDestroyed || vm.ExistsAt(clock.GetUtcNow())) ? vm : null;
    }

    internal IReadOnlyList<SimulatedVm> List() => ListAt(clock.GetUtcNow());

    internal IReadOnlyList<SimulatedVm> ListAt(DateTimeOffset moment)
    {
        lock (gate)
            return [.. vms.Values.Where(vm => vm.CreatedAt <= moment && vm.ExistsAt(moment)).Select(vm => vm.At(moment))];
    }

    internal string? GuestOf(Guid id)
    {
        lock (gate)
            return vms.TryGetValue(id, out var vm) ? GuestOf(vm) : null;
    }

    /// <summary>Changes a VM that exists; <paramref name="change"/> gets it and the time.</summary>
    internal bool Change(Guid id, Func<SimulatedVm, DateTimeOffset, SimulatedVm> change)
    {
        lock (gate)
        {
            var now = clock.GetUtcNow();
            if (!vms.TryGetValue(id, out var vm) || !vm.ExistsAt(now))
                return false;
            vms[id] = change(vm, now);
            return true;
        }
    }

    /// <summary>Adds labels to those it has.</summary>
    internal bool Label(Guid id, IReadOnlyDictionary<string, string> labels)
    {
        lock (gate)
        {
            if (!Change(id, (vm, now) => vm with { LabelledAt = now,
                Labels = (vm.Labels ?? ImmutableDictionary<string, string>.Empty).SetItems(labels) }))
                return false;
            if (GuestOf(vms[id]) is { } guest)
            {
                // Only a label can raise the number of claims, so here is where the most is seen.
                var now = clock.GetUtcNow();
                var claims = vms.Values.Count(vm => vm.ExistsAt(now) && GuestOf(vm) == guest);
                mostClaimed[guest] = Math.Max(claims, mostClaimed.GetValueOrDefault(guest));
            }

            return true;
        }
    }

    internal bool Destroy(Guid id) => Change(id, (vm, now) => vm with { GoneFrom = now, WasDestroyed = true });

    /// <summary>Waits while the VM boots; at its end the VM may be gone.</summary>
    internal async Task WaitForBoot(Guid id, CancellationToken cancel)
    {
        while (Find(id) is { } vm && clock.GetUtcNow() is var now && vm.StateAt(now) is VmState.Booting)
            await Task.Delay(vm.BootedAt - now < LongestWait ? vm.BootedAt - now : LongestWait, clock, cancel);
    }

    private string? GuestOf(SimulatedVm vm) => vm.Labels?.GetValueOrDefault(options.GuestLabel);

    private VmView View(SimulatedVm vm, DateTimeOffset now) => new()
    {
        Id = vm.Id,
        Commit = vm.Commit,
        State = vm.ExistsAt(now) ? vm.StateAt(now) : null,
        Guest = GuestOf(vm),
        Labels = vm.Labels ?? ImmutableDictionary<string, string>.Empty,
        CreatedAt = vm.CreatedAt,
        GoneAt = vm.ExistsAt(now) ? null : vm.GoneFrom,
        WasDestroyed = vm.WasDestroyed,
        DiskMib = vm.DiskMib,
        Usage = vm.Usage,
        Files = vm.Files.ToDictionary(file => file.Key, file => System.Text.Encoding.UTF8.GetString(file.Value.Content.Span)),
        Modes = vm.Files.ToDictionary(file => file.Key, file => file.Value.Mode),
    };

    private static Guid NewId(RandomNumberGenerator chance)
    {
        // A version 4 UUID, its fixed bits set by hand since its bytes are given.
        Span<byte> bytes = stackalloc byte[16];
        chance.GetBytes(bytes);
        bytes[6] = (byte)((bytes[6] & 0x0f) | 0x40);
        bytes[8] = (byte)((bytes[8] & 0x3f) | 0x80);
        return new(bytes, bigEndian: true);
    }
}
