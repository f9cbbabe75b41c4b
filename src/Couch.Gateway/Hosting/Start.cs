using Couch.Cluster.Configuration;

namespace Couch.Gateway.Hosting;

/// <summary>Runs a couch from its start to its end, and puts what an operator must know in words.</summary>
internal static class Start
{
    private const int CannotStart = 1;

    /// <returns>The exit code: 0 after a graceful end, 1 where it could not start.</returns>
    public static async Task<int> Run(Func<WebApplication> create, TextWriter output, TextWriter errors)
    {
        try
        {
            await using var app = create();
            await app.StartAsync();
            await output.WriteLineAsync(Welcome.To(app));
            await app.WaitForShutdownAsync();
            return 0;
        }
        catch (SettingsException wrong)
        {
            await errors.WriteLineAsync(wrong.Message);
            return CannotStart;
        }
        catch (IOException failure) when (failure.InnerException is Microsoft.AspNetCore.Connections.AddressInUseException)
        {
            // Taken between the look at the port and the listening.
            await errors.WriteLineAsync($"Couch cannot start:{Environment.NewLine}  - {failure.Message}");
            return CannotStart;
        }
    }
}
