using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using System.Text.RegularExpressions;
using Couch.Cluster.Vms.Guide;
using Couch.Domain.Vms;
using Docker.DotNet;
using Docker.DotNet.Models;

namespace Couch.Cluster.Vms.Docker;

/// <summary>The engine's API: each call has a bound, and each failure is reported in the engine's own words.</summary>
internal sealed partial class DockerEngine(Uri address, TimeProvider clock) : IDisposable
{
    /// <summary>A query takes milliseconds; an engine that is busy for longer is asked again later.</summary>
    public static readonly TimeSpan AskBound = TimeSpan.FromSeconds(10);

    /// <summary>Making, starting and removing prepare file systems and networks, and measuring a disk reads it.</summary>
    public static readonly TimeSpan WorkBound = TimeSpan.FromSeconds(30);

    /// <summary>Docker says <c>die</c>, Podman <c>died</c>, and neither does when the container is started again at once.</summary>
    private static readonly string[] Ends = ["die", "died", "oom", "stop", "start"];

    private const string NoSuchContainer = "no such container";

    private static readonly TimeSpan RemovalLook = TimeSpan.FromMilliseconds(200);
    private const int ShortIdLength = 12;
    private const int WholeIdLength = 64;

    private const int ListRounds = 5;

    private readonly DockerClient client = new DockerClientConfiguration(address, new EngineAnswers(),
        Timeout.InfiniteTimeSpan).CreateClient();

    public void Dispose() => client.Dispose();

    /// <exception cref="VmProviderException">Refused, failed, or no answer within <paramref name="bound"/>.</exception>
    public async Task<T> Ask<T>(string what, TimeSpan bound, Func<DockerClient, CancellationToken, Task<T>> call, CancellationToken cancel)
    {
        using var timer = new CancellationTokenSource(bound, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timer.Token, cancel);
        try
        {
            // The library ignores its token while it connects, hence the second wait.
            return await call(client, either.Token).WaitAsync(either.Token);
        }
        catch (OperationCanceledException late) when (!cancel.IsCancellationRequested)
        {
            throw new VmProviderException($"The container engine at {address} did not {what} within {bound.TotalSeconds} s", inner: late)
            {
                Fault = VmFault.Unreachable,
            };
        }
        catch (DockerApiException refusal)
        {
            var words = WordsOf(refusal);
            throw new VmProviderException($"The container engine did not {what}: {words}", IsFinal(refusal.StatusCode, words), refusal)
            {
                Fault = IsFailure(refusal.StatusCode, words) ? VmFault.Failing : null,
            };
        }
        catch (Exception failure) when (AnswerTooLargeException.IsCauseOf(failure))
        {
            throw new VmProviderException(
                $"The container engine was asked to {what}, and {failure.GetBaseException().Message}", inner: failure);
        }
        catch (Exception failure)
            when (failure is HttpRequestException or IOException or SocketException or TimeoutException or ObjectDisposedException)
        {
            throw new VmProviderException(
                $"The container engine at {address} cannot be reached: {failure.GetBaseException().Message}", inner: failure)
            {
                Fault = VmFault.Unreachable,
            };
        }
    }

    /// <summary>The container of this name or id; null when there is none. A part of an id does not match.</summary>
    public async Task<ContainerInspectResponse?> Find(string nameOrId, CancellationToken cancel)
    {
        // The text becomes a part of a path: a text that cannot be a name is not sent.
        if (!Name().IsMatch(nameOrId))
            return null;
        try
        {
            var found = await Ask(
                "inspect a sandbox", AskBound, (docker, token) => docker.Containers.InspectContainerAsync(nameOrId, token), cancel);
            MustBeAnId(found.ID);
            var isMeant = found.Name.TrimStart('/') == nameOrId
                || (nameOrId.Length >= ShortIdLength && found.ID.StartsWith(nameOrId, StringComparison.Ordinal));
            return isMeant ? found : null;
        }
        catch (VmProviderException failure) when (IsMissing(failure))
        {
            return null;
        }
    }

    /// <summary>Whether the text is an id as the engine spells it, in full.</summary>
    public static bool IsWholeId(string text) => text.Length is WholeIdLength && text.All(char.IsAsciiHexDigitLower);

    /// <summary>The containers that carry the label, ended ones too.</summary>
    public Task<IList<ContainerListResponse>> WithLabel(string label, CancellationToken cancel) => List(Filter("label", label), cancel);

    /// <summary>Of the containers that carry the label, those that have exited.</summary>
    public Task<IList<ContainerListResponse>> Exited(string label, CancellationToken cancel)
    {
        var filter = Filter("label", label);
        // Docker's other final status, "dead", is a word that Podman refuses.
        filter["status"] = new Dictionary<string, bool> { ["exited"] = true };
        return List(filter, cancel);
    }

    private async Task<IList<ContainerListResponse>> List(IDictionary<string, IDictionary<string, bool>> filter, CancellationToken cancel)
    {
        var all = new ContainersListParameters { All = true, Filters = filter };
        for (var round = 1; ; round++)
        {
            try
            {
                var listed = await Ask(
                    "list sandboxes", AskBound, (docker, token) => docker.Containers.ListContainersAsync(all, token), cancel);
                foreach (var container in listed)
                    MustBeAnId(container.ID);
                return listed;
            }
            // One of the containers was removed while they were listed.
            catch (VmProviderException failure) when (IsMissing(failure) && round < ListRounds)
            {
            }
        }
    }

    /// <summary>The last lines that a container has written, its errors after its output. A guest may have written them.</summary>
    public async Task<string> LogOf(string id, int lines, CancellationToken cancel)
    {
        var last = lines.ToString(CultureInfo.InvariantCulture);
        var tail = new ContainerLogsParameters { ShowStdout = true, ShowStderr = true, Tail = last };
        var (output, errors) = await Ask("give a sandbox's log", AskBound, async (docker, token) =>
        {
            using var stream = await docker.Containers.GetContainerLogsAsync(id, tty: false, tail, token);
            return await stream.ReadOutputToEndAsync(token);
        }, cancel);
        return output + " " + errors;
    }

    /// <summary>Reports each container with the label that ends, or may have ended, until the engine ends the stream.</summary>
    /// <param name="since">By the engine's clock, as closely as it is known; duplicate reports count once.</param>
    /// <param name="ended">Receives the container's labels.</param>
    public async Task Follow(string label, DateTimeOffset since, Action<IDictionary<string, string>> ended, CancellationToken cancel)
    {
        var what = new ContainerEventsParameters
        {
            Since = since.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture),
            Filters = new Dictionary<string, IDictionary<string, bool>>
            {
                ["type"] = new Dictionary<string, bool> { ["container"] = true },
                ["event"] = Ends.ToDictionary(end => end, _ => true),
                ["label"] = new Dictionary<string, bool> { [label] = true },
            },
        };
        await Ask("tell what happens to sandboxes", Timeout.InfiniteTimeSpan, async (docker, token) =>
        {
            await docker.System.MonitorEventsAsync(
                what, new Told(message => ended(message.Actor?.Attributes ?? new Dictionary<string, string>())), token);
            return true;
        }, cancel);
    }

    /// <summary>Reports at once, and in order.</summary>
    private sealed class Told(Action<Message> told) : IProgress<Message>
    {
        public void Report(Message value) => told(value);
    }

    /// <summary>Removes a container with its volumes, running or not, and returns once it is gone.</summary>
    public async Task Remove(string id, CancellationToken cancel)
    {
        var began = clock.GetTimestamp();
        while (true)
        {
            try
            {
                await Ask("remove a sandbox", WorkBound, async (docker, token) =>
                {
                    await docker.Containers.RemoveContainerAsync(id, new() { Force = true, RemoveVolumes = true }, token);
                    return id;
                }, cancel);
                return;
            }
            catch (VmProviderException failure) when (IsMissing(failure))
            {
                return;
            }
            // Another removal is in progress, and its end is the result of this one too.
            catch (VmProviderException failure)
                when (StatusOf(failure) is HttpStatusCode.Conflict or HttpStatusCode.InternalServerError
                    && clock.GetElapsedTime(began) < WorkBound)
            {
                if (await Find(id, cancel) is null)
                    return;
                await Task.Delay(RemovalLook, clock, cancel);
            }
        }
    }

    /// <summary>
    /// Unpacks a guest's guide at the root of a container. It holds a secret, so a refusal is told by its status alone: it might quote it.
    /// </summary>
    /// <returns>The status of a refusal that a repetition does not change; null when the files are there.</returns>
    public async Task<HttpStatusCode?> Unpack(string id, MemoryStream archive, CancellationToken cancel)
    {
        try
        {
            await Ask("put files into a sandbox", WorkBound, async (docker, token) =>
            {
                await docker.Containers.ExtractArchiveToContainerAsync(id, new() { Path = "/" }, archive, token);
                return id;
            }, cancel);
            return null;
        }
        // A 404 that is not final says that the container is gone, which the next attempt repairs.
        catch (VmProviderException refusal) when (StatusOf(refusal) is { } status && GuideRefusals.Statuses.Contains(status)
            && (status is not HttpStatusCode.NotFound || refusal.IsFinal))
        {
            return status;
        }
        catch (VmProviderException failure) when (StatusOf(failure) is { } status)
        {
            throw new VmProviderException($"The container engine did not put files into a sandbox: {(int)status}", failure.IsFinal);
        }
    }

    public async Task<IList<VolumeResponse>> VolumesWithLabel(string label, CancellationToken cancel)
    {
        var filters = new VolumesListParameters { Filters = Filter("label", label) };
        return (await Ask("list volumes", AskBound, (docker, token) => docker.Volumes.ListAsync(filters, token), cancel)).Volumes ?? [];
    }

    /// <summary>Makes an empty volume, unless there is one of this name.</summary>
    public Task MakeVolume(string name, IDictionary<string, string> labels, CancellationToken cancel) => Ask(
        "make a volume", AskBound, (docker, token) =>
            docker.Volumes.CreateAsync(new VolumesCreateParameters { Name = name, Labels = labels }, token), cancel);

    /// <summary>Removes a volume. Not found is success.</summary>
    public async Task RemoveVolume(string name, CancellationToken cancel)
    {
        try
        {
            await Ask("remove a volume", AskBound, async (docker, token) =>
            {
                await docker.Volumes.RemoveAsync(name, force: false, token);
                return name;
            }, cancel);
        }
        catch (VmProviderException failure) when (StatusOf(failure) is HttpStatusCode.NotFound)
        {
        }
    }

    /// <summary>The HTTP status of the engine's refusal; null when it did not answer.</summary>
    public static HttpStatusCode? StatusOf(VmProviderException failure) => (failure.InnerException as DockerApiException)?.StatusCode;

    public static Dictionary<string, IDictionary<string, bool>> Filter(string kind, string value) =>
        new() { [kind] = new Dictionary<string, bool> { [value] = true } };

    /// <summary>Podman answers 500 when a container is removed between the lookup and the inspection; the cause says so.</summary>
    private static bool IsMissing(VmProviderException failure) =>
        failure.InnerException is DockerApiException refusal
        && (refusal.StatusCode is HttpStatusCode.NotFound || WordsOf(refusal).Contains(NoSuchContainer,
            StringComparison.OrdinalIgnoreCase));

    /// <summary>The id is stored, shown, and put into addresses.</summary>
    private static void MustBeAnId(string? id)
    {
        if (id is null || !Id().IsMatch(id))
            throw new VmProviderException("The container engine has named a sandbox by what is no container's id");
    }

    private static string WordsOf(DockerApiException refusal)
    {
        try
        {
            using var body = JsonDocument.Parse(refusal.ResponseBody);
            return body.RootElement.GetProperty("message").GetString()!;
        }
        catch (Exception unreadable) when (unreadable is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            return $"{(int)refusal.StatusCode} {refusal.ResponseBody}".Trim();
        }
    }

    // Podman answers 500 to many errors that the operator must fix. A container that does not exist any more was removed by another
    // party: the next attempt makes another.
    internal static bool IsFinal(HttpStatusCode status, string words) =>
        status is HttpStatusCode.BadRequest or HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden
        || (status is HttpStatusCode.NotFound && !words.Contains(NoSuchContainer, StringComparison.OrdinalIgnoreCase))
        || words.Contains("executable file not found", StringComparison.Ordinal)
        || words.Contains("network not found", StringComparison.Ordinal);

    // Podman answers 500 also where a name is taken, or a container is gone: then it is well.
    internal static bool IsFailure(HttpStatusCode status, string words) =>
        status >= HttpStatusCode.InternalServerError && !IsFinal(status, words)
        && !words.Contains(NoSuchContainer, StringComparison.OrdinalIgnoreCase)
        && !words.Contains("already in use", StringComparison.OrdinalIgnoreCase);

    [GeneratedRegex("^[a-zA-Z0-9][a-zA-Z0-9_.-]{0,254}\\z")]
    private static partial Regex Name();

    [GeneratedRegex("^[0-9a-f]{12,64}\\z")]
    private static partial Regex Id();
}
