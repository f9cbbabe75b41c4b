using System.Collections.Concurrent;
using System.Globalization;
using Couch.Cluster.Guests;
using Couch.Cluster.Storage;
using Couch.Domain.Guests;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Providers;
using Orleans.Storage;

namespace Couch.Tests.Support;

/// <summary>
/// Faults at the points where a couch can be hit. Each strikes once, unless it says otherwise. Between grains and their
/// table, it also knows every row there was.
/// </summary>
internal sealed class Faults
{
    private readonly ConcurrentBag<(long Version, Guest Row)> written = [];
    private int crashBeforeArrival;
    private int loseReport;
    private int loseReply;
    private volatile string? refusedKey;
    private volatile HeldWrite? holding;
    private volatile HeldWrite? late;
    private int refuseWrite;
    private int writesBeforeRefusal;
    private int refuseRead;
    private int refuseClear;
    private volatile bool isStorageAway;

    /// <summary>The next guest does not arrive: what a crash between the invite's write and the guest's leaves behind.</summary>
    public void CrashBeforeArrival() => crashBeforeArrival = 1;

    /// <summary>The next report on a VM does not reach its guest.</summary>
    public void LoseReport() => loseReport = 1;

    /// <summary>The next write reaches the table and its answer gets lost.</summary>
    public void LoseReplyOfWrite() => loseReply = 1;

    /// <summary>The next write does not reach the table; with <paramref name="key"/>, the next of the grain that has it.</summary>
    /// <param name="after">How many of them go through before.</param>
    public void RefuseWrite(string? key = null, int after = 0) => (refusedKey, writesBeforeRefusal, refuseWrite) = (key, after, 1);

    /// <summary>Whether the write that was to be refused has come.</summary>
    public bool HasRefusedWrite => refuseWrite is 0;

    /// <summary>A write of the grain that has <paramref name="key"/> is kept from the table until <see cref="HeldWrite.LetGo"/>.</summary>
    /// <param name="after">How many of its writes go through before.</param>
    public HeldWrite HoldWrite(string key, int after = 0) => holding = new(key, after);

    /// <summary>The next write of the grain that has <paramref name="key"/> is given up, and is done after <see cref="HeldWrite.LetGo"/>.</summary>
    public HeldWrite CommitLate(string key) => late = new(key, 0);

    /// <summary>The next read gets no answer.</summary>
    public void RefuseRead() => refuseRead = 1;

    /// <summary>The next row that is to be deleted stays.</summary>
    public void RefuseClear() => refuseClear = 1;

    /// <summary>No row is read or written any more, until <see cref="BringStorageBack"/>.</summary>
    public void TakeStorageAway() => isStorageAway = true;

    public void BringStorageBack() => isStorageAway = false;

    /// <summary>Everything that a guest's row has ever been, in order.</summary>
    public IReadOnlyList<Guest> RowsOf(GuestId guest) =>
        [.. written.Where(one => one.Row.Id == guest).OrderBy(one => one.Version).Select(one => one.Row)];

    public void Install(ISiloBuilder silo)
    {
        silo.AddIncomingGrainCallFilter(async call =>
        {
            if (call.InterfaceMethod?.Name == nameof(IGuestGrain.Arrive) && Interlocked.Exchange(ref crashBeforeArrival, 0) == 1)
                throw new TimeoutException("fault: crashed before the guest arrived");
            if (call.InterfaceMethod?.Name == nameof(IGuestGrain.Observe) && Strikes(ref loseReport))
                throw new TimeoutException("fault: the report got lost");
            await call.Invoke();
        });

        const string name = ProviderConstants.DEFAULT_STORAGE_PROVIDER_NAME;
        var real = silo.Services.Last(service => service.ServiceType == typeof(IGrainStorage) && Equals(service.ServiceKey, name));
        silo.Services.Remove(real);
        silo.Services.AddKeyedSingleton<IGrainStorage>(
            name, (services, key) => new FaultyStorage((IGrainStorage)real.KeyedImplementationFactory!(services, key), this));
    }

    /// <summary>One write that waits before the table.</summary>
    internal sealed class HeldWrite(string key, int after)
    {
        private readonly TaskCompletionSource held = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly TaskCompletionSource gone = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private int left = after;

        /// <summary>Once the write has come.</summary>
        public Task HasCome => held.Task;

        public void LetGo() => gone.TrySetResult();

        internal bool Strikes(string of) => of == key && Interlocked.Decrement(ref left) is -1;

        internal Task Hold()
        {
            held.SetResult();
            return gone.Task;
        }
    }

    private static bool Strikes(ref int fault) => Interlocked.Exchange(ref fault, 0) == 1;

    private sealed class FaultyStorage(IGrainStorage real, Faults faults) : IGrainStorage, ILifecycleParticipant<ISiloLifecycle>
    {
        public void Participate(ISiloLifecycle lifecycle) => ((ILifecycleParticipant<ISiloLifecycle>)real).Participate(lifecycle);

        public Task ReadStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState) =>
            faults.isStorageAway || Strikes(ref faults.refuseRead)
                ? throw new TimeoutException("fault: the read got no answer")
                : real.ReadStateAsync(stateName, grainId, grainState);

        public async Task WriteStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
        {
            if (faults.late is { } late && late.Strikes(grainId.Key.ToString()!))
            {
                var copy = new GrainState<T>(grainState.State, grainState.ETag) { RecordExists = grainState.RecordExists };
                _ = late.Hold().ContinueWith(_ => Write(stateName, grainId, copy), TaskScheduler.Default);
                throw new TimeoutException("fault: the write was given up, and goes on");
            }

            if (faults.holding is { } held && held.Strikes(grainId.Key.ToString()!))
                await held.Hold();
            var isRefused = faults.refusedKey is not { } key || key == grainId.Key.ToString();
            if (faults.isStorageAway || (isRefused && Interlocked.Decrement(ref faults.writesBeforeRefusal) < 0
                && Strikes(ref faults.refuseWrite)))
                throw new TimeoutException("fault: the write did not get through");

            if (Strikes(ref faults.loseReply))
            {
                // On a copy: a caller that gets no answer does not learn the new version either.
                var copy = new GrainState<T>(grainState.State, grainState.ETag) { RecordExists = grainState.RecordExists };
                await Write(stateName, grainId, copy);
                throw new TimeoutException("fault: the answer got lost");
            }

            await Write(stateName, grainId, grainState);
        }

        private async Task Write<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
        {
            await real.WriteStateAsync(stateName, grainId, grainState);
            if (grainState is { State: Stored<Guest> { State: { } row }, ETag: { } version })
                faults.written.Add((long.Parse(version, CultureInfo.InvariantCulture), row));
        }

        public Task ClearStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState) =>
            Strikes(ref faults.refuseClear)
                ? throw new TimeoutException("fault: the row was not deleted")
                : real.ClearStateAsync(stateName, grainId, grainState);
    }
}
