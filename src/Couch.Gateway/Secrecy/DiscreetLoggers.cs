using System.Collections;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Couch.Gateway.Secrecy;

/// <summary>Removes secrets from every log line of the process, at any level, before it is written.</summary>
internal sealed class DiscreetLoggers(LoggerFactory inner, Redaction redaction) : ILoggerFactory
{
    public ILogger CreateLogger(string categoryName) => new DiscreetLogger(inner.CreateLogger(categoryName), redaction);

    public void AddProvider(ILoggerProvider provider) => inner.AddProvider(provider);

    public void Dispose() => inner.Dispose();

    private sealed class DiscreetLogger(ILogger inner, Redaction redaction) : ILogger
    {
        public bool IsEnabled(LogLevel logLevel) => inner.IsEnabled(logLevel);

        public IDisposable? BeginScope<TState>(TState state) where TState : notnull =>
            Cleaned(state, state.ToString() ?? "") is { } clean ? inner.BeginScope(clean) : inner.BeginScope(state);

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (!inner.IsEnabled(logLevel))
                return;

            // Formatted once here, and not by each writer.
            var message = formatter(state, exception);
            var failure = exception is not null && redaction.Finds(exception.ToString(), out var text)
                ? new RedactedException(text)
                : exception;
            if (Cleaned(state, message) is { } clean)
                inner.Log(logLevel, eventId, clean, failure, static (clean, _) => clean.ToString());
            else
                inner.Log(logLevel, eventId, state, failure, (_, _) => message);
        }

        /// <summary>Null where there is no secret to remove.</summary>
        private CleanState? Cleaned<TState>(TState state, string message)
        {
            var isFound = redaction.Finds(message, out var clean);
            if (state is not IReadOnlyList<KeyValuePair<string, object?>> fields)
                return isFound ? new(clean!, []) : null;

            List<KeyValuePair<string, object?>>? cleaned = null;
            for (var i = 0; i < fields.Count; i++)
            {
                var (name, value) = fields[i];
                if (IsText(value) && redaction.Finds(value as string ?? value!.ToString(), out var text))
                    (cleaned ??= [.. fields])[i] = new(name, text);
            }

            return isFound || cleaned is not null ? new(clean ?? message, cleaned ?? [.. fields]) : null;
        }

        private static bool IsText(object? value) =>
            value is not (null or bool or int or long or double or float or Enum or TimeSpan or DateTimeOffset or DateTime);
    }

    /// <summary>The text and the fields of a log line, without secrets.</summary>
    private sealed class CleanState(string message, List<KeyValuePair<string, object?>> fields)
        : IReadOnlyList<KeyValuePair<string, object?>>
    {
        public int Count => fields.Count;

        public KeyValuePair<string, object?> this[int index] => fields[index];

        public IEnumerator<KeyValuePair<string, object?>> GetEnumerator() => fields.GetEnumerator();

        IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

        public override string ToString() => message;
    }

    /// <summary>Replaces an exception that quotes a secret; its text is the same, without the secret.</summary>
    private sealed class RedactedException(string text) : Exception(text)
    {
        public override string ToString() => Message;
    }
}

internal static class SecrecyHosting
{
    /// <summary>Removes secrets from requests before any other code sees them, and from log lines before they are written.</summary>
    public static void AddSecrecy(this IServiceCollection services)
    {
        services.AddSingleton<Redaction>();
        services.AddSingleton<LoggerFactory>();
        services.Replace(ServiceDescriptor.Singleton<ILoggerFactory, DiscreetLoggers>());
        services.AddSingleton<IHttpContextFactory, DiscreetContextFactory>();
    }
}
