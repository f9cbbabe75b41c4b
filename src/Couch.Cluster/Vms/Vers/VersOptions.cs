using Couch.Cluster.Configuration;

namespace Couch.Cluster.Vms.Vers;

/// <summary>The account at Vers that guests' VMs come from, and how it is used.</summary>
public sealed record VersOptions
{
    /// <summary><see cref="ApiUrl"/> where <c>VERS_API_URL</c> is not set.</summary>
    public const string DefaultApiUrl = "https://api.vers.sh/api/v1";

    /// <summary><see cref="Endpoint"/> where <c>COUCH_VERS_ENDPOINT</c> is not set.</summary>
    public const string DefaultEndpoint = "https://{vm_id}.vm.vers.sh";
    internal const string KeyName = "VERS_API_KEY";
    internal const string CommitName = "GOLDEN_COMMIT_ID";
    private const string VmIdPlace = "{vm_id}";

    /// <summary>The account's key. At least 8 visible characters; required, with <see cref="Commit"/>.</summary>
    /// <value>From <c>VERS_API_KEY</c>; default none, and then VMs do not come from Vers.</value>
    public required VersKey Key { get; init; }

    /// <summary>The commit that every guest's VM is restored from. A UUID; required, with <see cref="Key"/>.</summary>
    /// <value>From <c>GOLDEN_COMMIT_ID</c>; default none.</value>
    public required Guid Commit { get; init; }

    /// <summary>Where the provider's API is, without a slash at its end. An http or https address with nothing after its path.</summary>
    /// <value>From <c>VERS_API_URL</c>; default <c>https://api.vers.sh/api/v1</c>.</value>
    public string ApiUrl { get; init; } = DefaultApiUrl;

    /// <summary>Where a guest's agent is reached, with <c>{vm_id}</c> in it. An absolute address.</summary>
    /// <value>From <c>COUCH_VERS_ENDPOINT</c>; default <c>https://{vm_id}.vm.vers.sh</c>.</value>
    public string Endpoint { get; init; } = DefaultEndpoint;

    /// <summary>The account belongs to this couch alone, so VMs without a claim are leftovers and may be destroyed.</summary>
    /// <value>From <c>COUCH_VERS_DEDICATED</c>; true or false, default false: they are counted, and stay.</value>
    public bool IsDedicated { get; init; }

    /// <summary>Reads what guests use inside their VMs. True or false; default false: usage comes from reports alone.</summary>
    /// <value>From <c>COUCH_VERS_METER</c>. The figures come from the guest's own VM: one who is root there can forge them.</value>
    public bool IsMetered { get; init; }

    /// <summary>What tells that a VM that runs is ready too; asked at its endpoint.</summary>
    /// <value>From <c>COUCH_VM_PROBE</c>: <c>none</c>, <c>tcp</c>, or <c>http:/path</c>; default <c>none</c>.</value>
    public Probe Probe { get; init; } = Probe.None;

    /// <summary>The longest that a create may take; it is never repeated. No setting; 60 seconds.</summary>
    internal TimeSpan CreateBound { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>The longest that a destroy may take, repeats included; it waits for a boot to end. No setting; 60 seconds.</summary>
    internal TimeSpan DestroyBound { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>The longest that any other call may take, repeats included. No setting; 20 seconds.</summary>
    internal TimeSpan CallBound { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>The wait before a call is repeated for the first time; it doubles. No setting; half a second.</summary>
    internal TimeSpan RepeatDelay { get; init; } = TimeSpan.FromSeconds(0.5);

    /// <summary>Reads the options, telling <paramref name="settings"/> of everything that is wrong.</summary>
    /// <returns>Null when Vers is not configured, or is configured wrongly.</returns>
    public static VersOptions? Read(Settings settings)
    {
        var key = ReadKey(settings, out var hasKey);
        var commit = ReadCommit(settings, out var hasCommit);
        if (hasKey && !hasCommit)
            settings.Wrong(CommitName, "must be given with VERS_API_KEY: the commit that guests' VMs are restored from");
        if (hasCommit && !hasKey)
            settings.Wrong(KeyName, "must be given with GOLDEN_COMMIT_ID: the key of the account that guests' VMs come from");

        var (apiUrl, endpoint) = (ReadApiUrl(settings), ReadEndpoint(settings));
        var isDedicated = settings.YesOrNo("COUCH_VERS_DEDICATED", false);
        var isMetered = settings.YesOrNo("COUCH_VERS_METER", false);
        if (key is null || commit is null)
            return null;
        return new VersOptions
        {
            Key = key,
            Commit = commit.Value,
            ApiUrl = apiUrl,
            Endpoint = endpoint,
            IsDedicated = isDedicated,
            IsMetered = isMetered,
            Probe = Probe.Read(settings, otherwise: "none"),
        };
    }

    internal string EndpointOf(string vmId) => Endpoint.Replace(VmIdPlace, vmId, StringComparison.Ordinal);

    internal static VersKey? ReadKey(Settings settings, out bool isGiven)
    {
        var text = settings.Secret(KeyName);
        isGiven = text is not null;
        if (text is null)
            return null;
        if (!VersKey.TryParse(text, out var key))
            settings.Wrong(KeyName, $"must be at least {VersKey.LeastLength} visible characters without spaces");
        return key;
    }

    internal static Guid? ReadCommit(Settings settings, out bool isGiven)
    {
        var text = settings.Secret(CommitName);
        isGiven = text is not null;
        if (Guid.TryParseExact(text, "D", out var commit))
            return commit;
        if (isGiven)
            // Not quoted: it may be the key, in the wrong file.
            settings.Wrong(CommitName, "must be a UUID");
        return null;
    }

    private static string ReadApiUrl(Settings settings)
    {
        if (settings.Text("VERS_API_URL") is not { } text)
            return DefaultApiUrl;
        if (Uri.TryCreate(text, UriKind.Absolute, out var url)
            && url is { Scheme: "http" or "https", UserInfo: "", Query: "", Fragment: "" })
            return text.TrimEnd('/');

        // The value is not quoted: it may hold a password.
        settings.Wrong("VERS_API_URL", "must be an http or https address without a user, a query or a fragment");
        return DefaultApiUrl;
    }

    private static string ReadEndpoint(Settings settings)
    {
        if (settings.Text("COUCH_VERS_ENDPOINT") is not { } text)
            return DefaultEndpoint;
        if (text.Contains(VmIdPlace, StringComparison.Ordinal)
            && Uri.TryCreate(text.Replace(VmIdPlace, "id", StringComparison.Ordinal), UriKind.Absolute, out _))
            return text;
        settings.Wrong("COUCH_VERS_ENDPOINT", $"must be an address with {VmIdPlace} in it, such as {DefaultEndpoint}, not '{text}'");
        return DefaultEndpoint;
    }
}
