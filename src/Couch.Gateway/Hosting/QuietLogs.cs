using Microsoft.Extensions.Configuration.Memory;
using Microsoft.Extensions.Logging.Console;

namespace Couch.Gateway.Hosting;

/// <summary>
/// One line an event on standard output: ours from Information, everybody else's from Warning. Output that nobody reads, or a full
/// disk, holds nothing up: what does not fit into the queue is dropped, and how much it was is said once there is room again.
/// </summary>
internal static class QuietLogs
{
    // Quotes a malformed request, and with it perhaps a token; its lowest levels stay shut whatever the settings say.
    private const string QuotesRequests = "Microsoft.AspNetCore.Server.Kestrel.BadRequests";

    private const string FormatterName = $"Logging:Console:{nameof(ConsoleLoggerOptions.FormatterName)}";
    private const string FormatterOptions = "Logging:Console:FormatterOptions";

    /// <summary>Whether standard output is for people; else each of its lines is for a program, such as a log collector.</summary>
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
                // While any of its lines could be wanted a span is begun for each request, though they are not collected.
                ["Logging:LogLevel:Microsoft.AspNetCore.Hosting.Diagnostics"] = nameof(LogLevel.None),
                // Says a failed start again, as a stack trace; Start says it in words.
                ["Logging:LogLevel:Microsoft.Extensions.Hosting.Internal.Host"] = nameof(LogLevel.Critical),
                // Takes the machine's uptime for a thread's delay, now and then, in the first second of a start.
                ["Logging:LogLevel:Orleans.Runtime.Watchdog"] = nameof(LogLevel.Error),
                // Advises a collector thread a core at every start; the project file says why there is none.
                ["Logging:LogLevel:Orleans.Runtime.Silo"] = nameof(LogLevel.Error),
                // Says each connection that is not proven as a stack trace; Refusals says it in words, and not each.
                ["Logging:LogLevel:Orleans.Connections.Security"] = nameof(LogLevel.None),
                [FormatterName] = ConsoleFormatterNames.Simple,
                [$"{FormatterOptions}:{nameof(SimpleConsoleFormatterOptions.SingleLine)}"] = bool.TrueString,
                [$"{FormatterOptions}:{nameof(ConsoleFormatterOptions.UseUtcTimestamp)}"] = bool.TrueString,
                [$"{FormatterOptions}:{nameof(ConsoleFormatterOptions.TimestampFormat)}"] = "yyyy-MM-dd'T'HH:mm:ss.fff'Z' ",
                // Its default makes a logger wait for the reader.
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
