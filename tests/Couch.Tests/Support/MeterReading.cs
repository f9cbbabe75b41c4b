using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Couch.Cluster.Telemetry;

namespace Couch.Tests.Support;

/// <summary>What one couch's own instruments have measured since this began to listen, by name and labels.</summary>
internal sealed class MeterReading : IDisposable
{
    private readonly MeterListener listener = new();
    private readonly ConcurrentDictionary<string, (double Sum, int Times)> readings = new();

    /// <param name="meters">The couch's own: several live in this process, and each is read apart.</param>
    public MeterReading(IMeterFactory meters)
    {
        listener.InstrumentPublished = (instrument, ear) =>
        {
            if (instrument.Meter.Name == CouchMeter.Name && ReferenceEquals(instrument.Meter.Scope, meters))
                ear.EnableMeasurementEvents(instrument);
        };
        listener.SetMeasurementEventCallback<int>((instrument, value, labels, _) => Take(instrument, value, labels));
        listener.SetMeasurementEventCallback<long>((instrument, value, labels, _) => Take(instrument, value, labels));
        listener.SetMeasurementEventCallback<double>((instrument, value, labels, _) => Take(instrument, value, labels));
        listener.Start();
    }

    /// <param name="reading">Like <c>couch.guest.ended killed</c>: the name, and each label's value in the order they are given.</param>
    public double Sum(string reading) => readings.GetValueOrDefault(reading).Sum;

    public int Times(string reading) => readings.GetValueOrDefault(reading).Times;

    /// <summary>What a gauge says now; null where it says nothing.</summary>
    public double? Now(string reading)
    {
        readings.TryRemove(reading, out _);
        listener.RecordObservableInstruments();
        return readings.TryGetValue(reading, out var said) ? said.Sum : null;
    }

    public void Dispose() => listener.Dispose();

    private void Take(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> labels)
    {
        var name = instrument.Name;
        foreach (var label in labels)
            name += $" {label.Value}";
        readings.AddOrUpdate(name, (value, 1), (_, before) => (before.Sum + value, before.Times + 1));
    }
}
