using Couch.Cluster.Configuration;

namespace Couch.Gateway.Hosting;

/// <summary>Runs a couch from its start to its end, and reports in words what an operator must know.</summary>
internal static class Start
{
    private const int CannotStart = 1;

    /// <summary>
    /// How long an end may take. An orchestrator kills a process that takes longer than its grace period, which is 30 s by default.
    /// </summary>
    private static readonly TimeSpan LongestEnd = TimeSpan.FromSeconds(28);

    /// <summary>How long the couch waits for a reader of its output.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    /// <param name="isInteractive">Whether what is printed is seen by one person and kept nowhere, so that it may be secret.</param>
    /// <returns>The exit code: 0 after a graceful end, 1 where it could not start.</returns>
    public static async Task<int> Run(Func<WebApplication> create, TextWriter output, TextWriter errors, bool isInteractive)
    {
        try
        {
            var app = create();
            // Read now, because a start that ends early disposes the application. The start has a thread of its own, because parts of it
            // may block their thread while they wait, and the grace period must be kept all the same.
            var lifetime = app.Lifetime;
            var graceIsOver = GraceIsOver(lifetime);
            var life = Task.Run(() => Live(app, lifetime, output, isInteractive));
            if (await Task.WhenAny(life, graceIsOver) == life)
                await life;
            else
                await Say(errors, $"Couch ends after {LongestEnd.TotalSeconds:0} s though not everything has ended: what it waits for, "
                    + "perhaps its database, does not answer. Other nodes find out by themselves.");
            return 0;
        }
        catch (SettingsException wrong)
        {
            await Say(errors, wrong.Message);
            return CannotStart;
        }
        catch (IOException failure) when (failure.InnerException is Microsoft.AspNetCore.Connections.AddressInUseException)
        {
            // The port was taken between its check and the start of listening.
            await Say(errors, $"Couch cannot start:{Environment.NewLine}  - {failure.Message}");
            return CannotStart;
        }
    }

    /// <summary>
    /// Runs the application until it has ended. If it is told to end while it starts, it ends, whatever the start is waiting for.
    /// </summary>
    private static async Task Live(WebApplication app, IHostApplicationLifetime lifetime, TextWriter output, bool isInteractive)
    {
        await using var disposed = app;
        try
        {
            await app.StartAsync();
        }
        catch (Exception) when (lifetime.ApplicationStopping.IsCancellationRequested)
        {
            return;
        }

        if (QuietLogs.IsForPeople(app.Configuration))
            await Say(output, Welcome.To(app, isInteractive));
        else
            Welcome.Log(app);
        await app.WaitForShutdownAsync();
    }

    private static async Task GraceIsOver(IHostApplicationLifetime lifetime)
    {
        await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, lifetime.ApplicationStopping).ConfigureAwait(
            ConfigureAwaitOptions.SuppressThrowing);
        await Task.Delay(LongestEnd, TimeProvider.System);
    }

    /// <summary>Output may be a pipe without a reader, or a full disk: neither stops the couch from working or from ending.</summary>
    private static async Task Say(TextWriter writer, string text)
    {
        try
        {
            await Task.Run(() => writer.WriteLine(text)).WaitAsync(Patience, TimeProvider.System);
        }
        catch (Exception unsaid) when (unsaid is IOException or TimeoutException)
        {
            // There is no reader.
        }
    }
}
