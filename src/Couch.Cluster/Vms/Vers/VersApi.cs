using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using Couch.Cluster.Vms.Guide;

namespace Couch.Cluster.Vms.Vers;

/// <summary>
/// The provider's API, one method per call. Each call ends within its bound, or when its node shuts down: with an answer, with the
/// caller's cancellation, or with a <see cref="VmProviderException"/> that says in a sentence what was wrong.
/// </summary>
internal sealed class VersApi(
    IHttpClientFactory clients, VersOptions options, VersAccount account, NodeShutdown shutdown, TimeProvider clock)
{
    /// <summary>The client's name; <see cref="VersRegistration"/> configures it and its retries.</summary>
    public const string Client = "vers";

    /// <summary>The largest answer about one VM.</summary>
    private const int Short = 64 * 1024;

    /// <summary>The largest file or output of a command: a kernel's figures of a machine with very many cores.</summary>
    private const int FromInside = 256 * 1024;

    /// <summary>
    /// The largest list: some 100,000 VMs. One is requested at a time (<see cref="VersLists"/>), so no node holds two.
    /// </summary>
    private const int Long = 32 * 1024 * 1024;

    private readonly VersFailures failures = new(account.StrikeOut, clock);

    /// <summary>Restores a VM from the golden commit. Never retried, because each call makes another VM.</summary>
    /// <exception cref="VmProviderException">
    /// With <see cref="VmProviderException.MayHaveMade"/> when the request was sent and neither an answer nor a refusal came.
    /// </exception>
    public async Task<string> Create(CancellationToken cancel)
    {
        var isSent = false;
        var created = await Ask<CreatedBody>(new("create a VM", HttpMethod.Post, "vm/from_commit")
        {
            Body = new CreateBody(account.Commit),
            Bound = options.CreateBound,
            // Marks the create as sent: a request is not complete without its body, so before this no VM can have been made.
            MayBeSent = _ =>
            {
                isSent = true;
                return Task.CompletedTask;
            },
            MayHaveMade = () => isSent,
            // A bad commit or a bad key. A conflict or a full quota may be temporary.
            Final = [HttpStatusCode.BadRequest, HttpStatusCode.NotFound],
        }, cancel);
        return created!.VmId;
    }

    /// <param name="mayBeSent">
    /// Called as each try is sent; when it throws, nothing is sent, and the call ends with its exception. Null: it may be sent.
    /// </param>
    public Task Label(string vmId, IReadOnlyDictionary<string, string> labels, CancellationToken cancel,
        Func<CancellationToken, Task>? mayBeSent = null) =>
        Tell(new($"label VM {vmId}", HttpMethod.Patch, $"vm/{Escape(vmId)}/label") { Body = new LabelBody(labels), MayBeSent = mayBeSent },
            cancel);

    /// <returns>Null when there is no such VM.</returns>
    public Task<VersVm?> Status(string vmId, CancellationToken cancel) =>
        Ask<VersVm>(new($"look at VM {vmId}", HttpMethod.Get, $"vm/{Escape(vmId)}/status")
    {
        Nothing = [HttpStatusCode.NotFound, HttpStatusCode.BadRequest],
    }, cancel);

    /// <summary>Looks at a VM whose id was given by a person, not by the provider.</summary>
    /// <returns>
    /// The VM; null when there is none, or when access to it is refused and it is closed to us: it is another owner's.
    /// </returns>
    public async Task<(VersVm? Found, bool IsClosed)> LookAtGiven(string vmId, CancellationToken cancel)
    {
        var isClosed = false;
        var found = await Ask<VersVm>(new($"look at VM {vmId}", HttpMethod.Get, $"vm/{Escape(vmId)}/status")
        {
            Nothing = [HttpStatusCode.NotFound, HttpStatusCode.BadRequest, HttpStatusCode.Forbidden],
            OnNothing = status => isClosed = status is not HttpStatusCode.NotFound,
        }, cancel);
        return (found, isClosed);
    }

    /// <returns>Null when the account has no such tag.</returns>
    public async Task<TagBody?> Tag(string name, CancellationToken cancel) =>
        await Ask<TagBody>(
            new($"look at tag {name}", HttpMethod.Get, $"commit_tags/{Escape(name)}") { Nothing = [HttpStatusCode.NotFound] }, cancel);

    /// <summary>Describes a tag of the golden commit, and creates the tag when there is none.</summary>
    public async Task DescribeTag(string name, string description, CancellationToken cancel)
    {
        var isMissing = false;
        await Tell(new($"describe tag {name}", HttpMethod.Patch, $"commit_tags/{Escape(name)}")
        {
            Body = new DescribeTagBody(description),
            Nothing = [HttpStatusCode.NotFound],
            OnNothing = _ => isMissing = true,
        }, cancel);
        if (isMissing)
            await Tell(new($"make tag {name}", HttpMethod.Post,
                "commit_tags") { Body = new CreateTagBody(name, account.Commit, description) }, cancel);
    }

    public async Task<IReadOnlyList<VersVm>> List(CancellationToken cancel) =>
        (await Ask<VersVm[]>(new("list VMs", HttpMethod.Get, "vms") { MostBytes = Long }, cancel))!;

    /// <summary>Checks whether the provider accepts a key that is not in force yet.</summary>
    /// <exception cref="VmProviderException">It does not, or that is unknown.</exception>
    public Task Check(VersKey key, CancellationToken cancel) =>
        Tell(new("list VMs", HttpMethod.Get, "vms") { MostBytes = Long, Key = key }, cancel);

    /// <summary>
    /// Checks whether VMs can be restored from a commit that is not in force yet, under a key that may not be either: whether the provider
    /// shows the commit's ancestry to the key. Changes nothing.
    /// </summary>
    /// <exception cref="VmProviderException">It does not, or that is unknown.</exception>
    public Task CheckCommit(Guid commit, VersKey key, CancellationToken cancel) =>
        Tell(new($"look at commit {commit}", HttpMethod.Get, $"vm/commits/{commit}/parents") { MostBytes = Long, Key = key }, cancel);

    /// <summary>The provider waits for a boot to end first. A VM that is gone is success.</summary>
    public Task Destroy(string vmId, CancellationToken cancel) => Tell(new($"destroy VM {vmId}", HttpMethod.Delete, $"vm/{Escape(vmId)}")
    {
        Bound = options.DestroyBound,
        Nothing = [HttpStatusCode.NotFound],
    }, cancel);

    /// <summary>Disks only grow: 400 means that this one is large enough.</summary>
    public Task GrowDisk(string vmId, int mib, CancellationToken cancel) =>
        Tell(new($"grow the disk of VM {vmId}", HttpMethod.Patch, $"vm/{Escape(vmId)}/disk")
    {
        Body = new DiskBody(mib),
        Nothing = [HttpStatusCode.BadRequest],
    }, cancel);

    /// <returns>
    /// Null when there is no such file. The provider's description does not say how that is reported: 404 or 500.
    /// </returns>
    public async Task<byte[]?> ReadFile(string vmId, string path, CancellationToken cancel) =>
        (await Ask<FileBody>(new($"read {path} of VM {vmId}", HttpMethod.Get, $"vm/{Escape(vmId)}/files?path={Escape(path)}")
        {
            MostBytes = FromInside,
            Nothing = [HttpStatusCode.NotFound, HttpStatusCode.InternalServerError],
        }, cancel))?.Content;

    public Task WriteFile(string vmId, string path, byte[] content, int mode, CancellationToken cancel) =>
        Tell(WriteQuestion(vmId, path, content, mode), cancel);

    /// <summary>Writes a file of a guest's guide, whose content must not come back in what a failure says.</summary>
    /// <returns>The status of a refusal that a repetition does not change; null when the file is written.</returns>
    public async Task<HttpStatusCode?> WriteGuideFile(string vmId, VmFile file, CancellationToken cancel)
    {
        HttpStatusCode? refusal = null;
        await Tell(WriteQuestion(vmId, file.Path, file.Content, (int)file.Mode) with
        {
            IsUnquoted = true, Nothing = GuideRefusals.Statuses, OnNothing = status => refusal = status,
        }, cancel);
        return refusal;
    }

    public async Task<ExecutedBody> Exec(string vmId, IReadOnlyList<string> command, CancellationToken cancel) =>
        (await Ask<ExecutedBody>(new($"run a command in VM {vmId}", HttpMethod.Post, $"vm/{Escape(vmId)}/exec")
        {
            MostBytes = FromInside,
            Body = new ExecBody(command, (int)Math.Ceiling(options.CallBound.TotalSeconds)),
        }, cancel))!;

    private static Question WriteQuestion(string vmId, string path, byte[] content, int mode) =>
        new($"write {path} of VM {vmId}", HttpMethod.Put, $"vm/{Escape(vmId)}/files")
    {
        Body = new WriteFileBody(path, content, mode, CreateDirs: true),
    };

    /// <returns>Null when the provider answers with one of <see cref="Question.Nothing"/>.</returns>
    private async Task<T?> Ask<T>(Question question, CancellationToken cancel) where T : class
    {
        if (await Tell(question, cancel) is not { } body)
            return null;
        try
        {
            return JsonSerializer.Deserialize<T>(body, VersJson.Options) ?? throw new JsonException("it is null");
        }
        catch (JsonException unreadable)
        {
            throw VersFailures.Unreadable(question.Task, unreadable, question.MayHaveMade());
        }
    }

    private async Task<byte[]?> Tell(Question question, CancellationToken cancel)
    {
        using var request = new HttpRequestMessage(question.Method, $"{options.ApiUrl}/{question.Path}");
        request.Headers.Authorization = (question.Key ?? account.Key).Header;
        if (question.Body is { } content)
        {
            var body = JsonSerializer.SerializeToUtf8Bytes(content, content.GetType(), VersJson.Options);
            request.Content = question.MayBeSent is { } mayBeSent ? new GuardedContent(body, mayBeSent) : new ByteArrayContent(body);
            request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        }

        using var call = shutdown.Call();
        var bound = question.Bound ?? options.CallBound;
        using var late = new CancellationTokenSource(bound, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancel, late.Token, shutdown.Token);
        try
        {
            using var client = clients.CreateClient(Client);
            using var reply = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, either.Token);
            if (question.Nothing.Contains(reply.StatusCode))
                return question.Heard(reply.StatusCode);
            using var said = new BoundedContent(reply.Content, question.MostBytes);
            return reply.IsSuccessStatusCode
                ? await said.ReadAsByteArrayAsync(either.Token)
                : throw failures.Refusal(question.Task, reply, question.IsUnquoted ? [] : await Words(said, either.Token),
                    question.Final.Contains(reply.StatusCode), question.MayHaveMade());
        }
        catch (OperationCanceledException ended) when (!cancel.IsCancellationRequested)
        {
            throw shutdown.Token.IsCancellationRequested
                ? VersFailures.CutOff(question.Task, ended, question.MayHaveMade())
                : VersFailures.Late(question.Task, bound, ended, question.MayHaveMade());
        }
        catch (Exception failure) when (AnswerTooLargeException.IsCauseOf(failure))
        {
            throw VersFailures.TooLarge(question.Task, failure, question.MayHaveMade());
        }
        catch (Exception failure) when (VersFailures.IsOfTransport(failure))
        {
            throw failures.Unreachable(question.Task, failure, question.MayHaveMade());
        }
    }

    /// <summary>A refusal's text; empty when it is too long, because the status says enough.</summary>
    private static async Task<byte[]> Words(BoundedContent said, CancellationToken cancel)
    {
        try
        {
            return await said.ReadAsByteArrayAsync(cancel);
        }
        catch (Exception failure) when (AnswerTooLargeException.IsCauseOf(failure))
        {
            return [];
        }
    }

    private static string Escape(string text) => Uri.EscapeDataString(text);

    /// <param name="Task">The text that follows "asked to".</param>
    private sealed record Question(string Task, HttpMethod Method, string Path)
    {
        public object? Body { get; init; }

        /// <summary>Null: the account's key that is in force.</summary>
        public VersKey? Key { get; init; }

        /// <summary>Whether the body holds a secret, so that a refusal is told by its status alone: it might quote the body.</summary>
        public bool IsUnquoted { get; init; }

        /// <summary>Called each time the body is sent. Null: it may be sent.</summary>
        public Func<CancellationToken, Task>? MayBeSent { get; init; }

        /// <summary>Whether a VM may have been made that is not reported, when no answer comes.</summary>
        public Func<bool> MayHaveMade { get; init; } = () => false;

        /// <summary>Null: the bound of any call.</summary>
        public TimeSpan? Bound { get; init; }

        /// <summary>The largest answer that is accepted.</summary>
        public int MostBytes { get; init; } = Short;

        /// <summary>Statuses that count as an answer: there is nothing.</summary>
        public HttpStatusCode[] Nothing { get; init; } = [];

        /// <summary>Receives the status that it was.</summary>
        public Action<HttpStatusCode>? OnNothing { get; init; }

        /// <summary>Statuses that a retry cannot change, besides those of a bad key.</summary>
        public HttpStatusCode[] Final { get; init; } = [];

        public byte[]? Heard(HttpStatusCode nothing)
        {
            OnNothing?.Invoke(nothing);
            return null;
        }
    }
}
