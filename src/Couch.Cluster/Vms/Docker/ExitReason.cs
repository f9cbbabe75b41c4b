using System.Globalization;
using Docker.DotNet.Models;

namespace Couch.Cluster.Vms.Docker;

/// <summary>Why a sandbox ended, in a sentence for the operator.</summary>
internal static class ExitReason
{
    /// <summary>What a shell adds to the number of the signal that ended a process.</summary>
    private const int SignalBase = 128;

    /// <summary>SIGKILL. Not every engine detects that memory had run out.</summary>
    private const int Killed = 9;

    private const string WhyKilled = ": killed from outside, or by the kernel because it ran out of memory";
    private const int MostLines = 5;
    private const int MostCharacters = 500;
    private static readonly TimeSpan AtOnce = TimeSpan.FromSeconds(10);

    public static bool HasEnded(ContainerInspectResponse container) =>
        container.State.Status is "exited" or "stopped" or "dead" or "removing" or "stopping" || HasBeenStartedAgain(container);

    /// <summary>The container runs, and had ended before: it was started again, and what ran in it is lost all the same.</summary>
    private static bool HasBeenStartedAgain(ContainerInspectResponse container) =>
        container.State is { Status: "running", FinishedAt: var finished } && Moment(finished) is not null;

    public static bool WasNeverStarted(ContainerInspectResponse container) =>
        container.State.Status is "created" or "configured" or "initialized";

    public static async Task<string> Of(
        ContainerInspectResponse container, DockerEngine engine, DockerOptions options, CancellationToken cancel)
    {
        var state = container.State;
        if (HasBeenStartedAgain(container))
            return $"The sandbox {container.Name.TrimStart('/')} was stopped and started again from outside: what ran in it is lost";
        var how = state.OOMKilled ? "ran out of memory and ended" : "ended";
        var signal = state.ExitCode - SignalBase is > 0 and < 65 and var number
            ? string.Create(CultureInfo.InvariantCulture, $" (signal {number}{(number is Killed && !state.OOMKilled ? WhyKilled : "")})")
            : "";
        var sentence = string.Create(
            CultureInfo.InvariantCulture, $"The sandbox {container.Name.TrimStart('/')} {how} with code {state.ExitCode}{signal}");
        if (Moment(state.FinishedAt) - Moment(state.StartedAt) < AtOnce && !state.OOMKilled)
        {
            sentence += options.Command is null
                ? $" as soon as it began: the command of the image {options.Image} is not a service that stays. Set COUCH_DOCKER_COMMAND, "
                    + "for example to: sleep infinity"
                : " as soon as it began: COUCH_DOCKER_COMMAND is not a service that stays, or the image does not have it "
                    + $"({string.Join(' ', options.Command)})";
        }

        var log = await LogOf(container.ID, engine, cancel);
        return log.Length > 0 ? $"{sentence}. It last said: {log}" : sentence;
    }

    /// <summary>A time that the engine reports; null for the year 1, which means never.</summary>
    public static DateTimeOffset? Moment(string? text) =>
        DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time) && time.Year > 1
            ? time
            : null;

    private static async Task<string> LogOf(string id, DockerEngine engine, CancellationToken cancel)
    {
        try
        {
            // A guest wrote it: one line, and no control characters, so that it cannot forge a log line.
            var words = string.Join(
                ' ', (await engine.LogOf(id, MostLines, cancel)).Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
            words = string.Concat(words.Where(character => !char.IsControl(character)));
            return words.Length > MostCharacters ? words[^MostCharacters..] : words;
        }
        catch (VmProviderException)
        {
            // The exit code is known without it.
            return "";
        }
    }
}
