namespace Couch.Client;

/// <summary>Where a couch is, who asks it, and how often a request is repeated. It is read once, when the client is made.</summary>
public sealed class CouchClientOptions
{
    /// <summary>
    /// The couch's address, such as <c>https://couch.example</c>. Default: the <see cref="HttpClient.BaseAddress"/> of the client's
    /// <see cref="HttpClient"/>. It may have a path, where a proxy serves the couch under one.
    /// </summary>
    public Uri? Address { get; set; }

    /// <summary>
    /// The host key, sent as bearer with everything that asks for one. Default: none, which is enough for guests, and on the couch's own
    /// machine where it has no key.
    /// </summary>
    public string? HostKey { get; set; }

    /// <summary>How often a request is sent at most, if it may be repeated. At least 1; default 5. 1 repeats nothing.</summary>
    public int MostAttempts { get; set; } = 5;

    /// <summary>The pause before the first repetition; each further one is twice as long. More than 0; default 200 ms.</summary>
    public TimeSpan FirstPause { get; set; } = TimeSpan.FromMilliseconds(200);

    /// <summary>The longest pause before a repetition. At least <see cref="FirstPause"/>; default 10 s.</summary>
    public TimeSpan LongestPause { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// The longest <c>Retry-After</c> that a request waits for; one that is told to wait longer fails at once. At least 0; default a
    /// minute, in which the couch's own rate limits begin anew.
    /// </summary>
    public TimeSpan LongestRetryAfter { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>
    /// After how much silence a stream of events counts as lost. More than 0; default 45 s. The couch sends something every 15 s.
    /// </summary>
    public TimeSpan LongestSilence { get; set; } = TimeSpan.FromSeconds(45);

    /// <summary>The clock of pauses. Default: the system's.</summary>
    public TimeProvider Clock { get; set; } = TimeProvider.System;

    internal CouchClientOptions Copy() => (CouchClientOptions)MemberwiseClone();

    /// <summary>The address as paths are appended to it: absolute, and ending in a slash.</summary>
    /// <exception cref="ArgumentException">An option is out of its bounds: the message says all of them.</exception>
    internal Uri Read(Uri? otherwise)
    {
        var wrong = new List<string>();
        var address = Address ?? otherwise;
        if (address is null || !address.IsAbsoluteUri || address.Scheme is not ("http" or "https") || address.UserInfo.Length > 0
            || address.Query.Length > 0 || address.Fragment.Length > 0)
            wrong.Add($"{nameof(Address)} must be an absolute http or https address without a user's name, a query and a fragment");
        if (HostKey is not null && !Http.Bearer.CanBe(HostKey))
            wrong.Add($"{nameof(HostKey)} must not be empty, and must not contain control characters");
        if (MostAttempts < 1)
            wrong.Add($"{nameof(MostAttempts)} must be at least 1");
        if (FirstPause <= TimeSpan.Zero)
            wrong.Add($"{nameof(FirstPause)} must be more than 0");
        if (LongestPause < FirstPause)
            wrong.Add($"{nameof(LongestPause)} must be at least {nameof(FirstPause)}");
        if (LongestRetryAfter < TimeSpan.Zero)
            wrong.Add($"{nameof(LongestRetryAfter)} must be at least 0");
        if (LongestSilence <= TimeSpan.Zero)
            wrong.Add($"{nameof(LongestSilence)} must be more than 0");
        if (wrong.Count > 0)
            throw new ArgumentException(string.Join("; ", wrong));

        return address!.AbsolutePath.EndsWith('/') ? address : new(address.AbsoluteUri + "/");
    }
}
