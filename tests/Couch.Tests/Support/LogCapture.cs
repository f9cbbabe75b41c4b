using System.Collections.Concurrent;
using System.Diagnostics;
using Microsoft.Extensions.Logging;

namespace Couch.Tests.Support;

/// <summary>Hears everything a process logs, at every level and with every field and scope, and everything it traces.</summary>
internal sealed class LogCapture : ILoggerProvider, ISupportExternalScope
{
    private readonly ConcurrentQueue<string> heard = new();
    private readonly ActivityListener listener;
    private IExternalScopeProvider scopes = new LoggerExternalScopeProvider();

    public LogCapture()
    {
        listener = new ActivityListener
        {
            ShouldListenTo = _ => true,
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = activity =>
            {
                heard.Enqueue(
                    $"trace {activity.Source.Name} {activity.DisplayName} {activity.StatusDescription} {activity.TraceStateString}");
                Hear(activity.TagObjects);
                foreach (var happening in activity.Events)
                {
                    heard.Enqueue(happening.Name);
                    Hear(happening.Tags);
                }
            },
        };
        ActivitySource.AddActivityListener(listener);
    }

    public IReadOnlyCollection<string> Heard => heard;

    public void SetScopeProvider(IExternalScopeProvider scopeProvider) => scopes = scopeProvider;

    public ILogger CreateLogger(string categoryName) => new Ear(this, categoryName);

    public void Dispose() => listener.Dispose();

    private void Hear(IEnumerable<KeyValuePair<string, object?>> fields)
    {
        foreach (var (name, value) in fields)
            heard.Enqueue($"{name}={value}");
    }

    private sealed class Ear(LogCapture eavesdropper, string category) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => eavesdropper.scopes.Push(state);

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            eavesdropper.heard.Enqueue($"{logLevel} {category} {formatter(state, exception)} {exception}");
            if (state is IEnumerable<KeyValuePair<string, object?>> fields)
                eavesdropper.Hear(fields);
            eavesdropper.scopes.ForEachScope((scope, ear) => ear.heard.Enqueue($"{scope}"), eavesdropper);
        }
    }
}
