using Microsoft.Extensions.Configuration.Memory;

namespace Couch.Gateway.Hosting;

/// <summary>One line an event on the console: ours from Information, everybody else's from Warning.</summary>
internal static class QuietLogs
{
    // Quotes a malformed request, and with it perhaps a token; its lowest levels stay shut whatever the settings say.
    private const string QuotesRequests = "Microsoft.AspNetCore.Server.Kestrel.BadRequests";

    public static void LogQuietly(this WebApplicationBuilder builder)
    {
        // As the first source, so that settings files and Logging__… variables win.
        ((IConfigurationBuilder)builder.Configuration).Sources.Insert(0, new MemoryConfigurationSource
        {
            InitialData = new Dictionary<string, string?>
            {
                ["Logging:LogLevel:Default"] = nameof(LogLevel.Warning),
                ["Logging:LogLevel:Couch"] = nameof(LogLevel.Information),
                // While any of its lines could be wanted a span is begun for each request, though nobody collects them.
                ["Logging:LogLevel:Microsoft.AspNetCore.Hosting.Diagnostics"] = nameof(LogLevel.None),
                // Says a failed start again, as a stack trace; Start says it in words.
                ["Logging:LogLevel:Microsoft.Extensions.Hosting.Internal.Host"] = nameof(LogLevel.Critical),
                // Takes the machine's uptime for a thread's delay, now and then, in the first second of a start.
                ["Logging:LogLevel:Orleans.Runtime.Watchdog"] = nameof(LogLevel.Error),
                // Advises a collector thread a core at every start; the project file says why there is none.
                ["Logging:LogLevel:Orleans.Runtime.Silo"] = nameof(LogLevel.Error),
                // Says each connection that is not proven as a stack trace; Refusals says it in words, and not each.
                ["Logging:LogLevel:Orleans.Connections.Security"] = nameof(LogLevel.None),
            },
        });

        builder.Logging.ClearProviders();
        builder.Logging.AddSimpleConsole(console =>
        {
            console.SingleLine = true;
            console.UseUtcTimestamp = true;
            console.TimestampFormat = "yyyy-MM-dd'T'HH:mm:ss.fff'Z' ";
        });
        builder.Services.PostConfigure<LoggerFilterOptions>(filters =>
        {
            foreach (var provider in filters.Rules.Select(rule => rule.ProviderName).Append(null).Distinct().ToList())
                filters.Rules.Add(new LoggerFilterRule(provider, QuotesRequests, LogLevel.Information, null));
        });
    }
}
