using Microsoft.Extensions.Configuration.Memory;
using Microsoft.Extensions.Logging.Console;

namespace Couch.Gateway.Hosting;

/// <summary>
/// Writes one line an event to standard output: the couch's own from Information, all others from Warning. Output without a reader or a
/// full disk blocks nothing: lines that do not fit into the queue are dropped, and their number is logged once there is room again.
/// </summary>
internal static class QuietLogs
{
    // It quotes malformed requests, which may contain a token; its lowest levels stay off, whatever the settings say.
    private const string QuotesRequests = "Microsoft.AspNetCore.Server.Kestrel.BadRequests";

    private const string FormatterName = $"Logging:Console:{nameof(ConsoleLoggerOptions.FormatterName)}";
    private const string FormatterOptions = "Logging:Console:FormatterOptions";

    /// <summary>Whether standard output is for people; otherwise it is for a program, such as a log collector.</summary>
    public static bool IsForPeople(IConfiguration configuration) => configuration[FormatterName] is ConsoleFormatterNames.Simple;

    public static void LogQuietly(this WebApplicationBuilder builder)
    {
        // As the first source, so that settings files and Logging__… variables win.
        ((IConfigurationBuilder)builder.Configuration).Sources.Insert(0, new MemoryConfigurationSource
        {
            InitialData = new Dictionary<string, string?>
            {
                ["Logging:LogLevel:Default"] = nameof(LogLevel.Warning),
                ["Logging:LogLevel:Couch"] = nameof(LogLevel.Information),
                // While any of its levels is enabled, a span is started for each request, even if spans are not collected.
                ["Logging:LogLevel:Microsoft.AspNetCore.Hosting.Diagnostics"] = nameof(LogLevel.None),
                // It reports a failed start again, as a stack trace; Start reports it in words.
                ["Logging:LogLevel:Microsoft.Extensions.Hosting.Internal.Host"] = nameof(LogLevel.Critical),
                // It sometimes takes the machine's uptime for a thread's delay, in the first second of a start.
                ["Logging:LogLevel:Orleans.Runtime.Watchdog"] = nameof(LogLevel.Error),
                // It recommends one collector thread a core at every start; the project file says why that is off.
                ["Logging:LogLevel:Orleans.Runtime.Silo"] = nameof(LogLevel.Error),
                // It reports each connection that is not proven, as a stack trace; Refusals reports them in words, and not each one.
                ["Logging:LogLevel:Orleans.Connections.Security"] = nameof(LogLevel.None),
                // It warns of every message that it cannot take: anybody could fill the log. What fails in the couch, the couch logs.
                ["Logging:LogLevel:ModelContextProtocol"] = nameof(LogLevel.None),
                [FormatterName] = ConsoleFormatterNames.Simple,
                [$"{FormatterOptions}:{nameof(SimpleConsoleFormatterOptions.SingleLine)}"] = bool.TrueString,
                [$"{FormatterOptions}:{nameof(ConsoleFormatterOptions.UseUtcTimestamp)}"] = bool.TrueString,
                [$"{FormatterOptions}:{nameof(ConsoleFormatterOptions.TimestampFormat)}"] = "yyyy-MM-dd'T'HH:mm:ss.fff'Z' ",
                // By default a logger waits for the reader.
                [$"Logging:Console:{nameof(ConsoleLoggerOptions.QueueFullMode)}"] = nameof(ConsoleLoggerQueueFullMode.DropWrite),
            },
        });

        builder.Logging.ClearProviders();
        builder.Logging.AddConsole();
        builder.Services.PostConfigure<LoggerFilterOptions>(filters =>
        {
            foreach (var provider in filters.Rules.Select(rule => rule.ProviderName).Append(null).Distinct().ToList())
                filters.Rules.Add(new LoggerFilterRule(provider, QuotesRequests, LogLevel.Information, null));
        });
    }
}
