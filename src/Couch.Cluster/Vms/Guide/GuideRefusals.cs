using System.Net;
using Microsoft.Extensions.Logging;

namespace Couch.Cluster.Vms.Guide;

/// <summary>
/// What a provider means that refuses a guide's files. The guide is written where the provider can put files: one that cannot is no reason
/// to keep a guest from its VM, so the guest runs without it, and the operator is told.
/// </summary>
internal sealed partial class GuideRefusals(string provider, string advice, ILogger log)
{
    private int told;

    /// <summary>
    /// Statuses that a repetition does not change. A conflict, a timeout or too many calls may pass; those and failures (5xx) are repeated.
    /// </summary>
    public static HttpStatusCode[] Statuses { get; } =
    [
        .. Enumerable.Range(400, 100).Select(status => (HttpStatusCode)status).Except(
        [
            HttpStatusCode.RequestTimeout, HttpStatusCode.Conflict, (HttpStatusCode)425, HttpStatusCode.TooManyRequests,
        ]),
    ];

    /// <summary>Logs a refusal once, not for each guest; again after another status, or after a guide that was written.</summary>
    public void Refused(HttpStatusCode status)
    {
        if (Interlocked.Exchange(ref told, (int)status) != (int)status)
            LogRefused(provider, (int)status, advice);
    }

    /// <summary>A guide was written: the next refusal is news.</summary>
    public void Written() => Interlocked.Exchange(ref told, 0);

    [LoggerMessage(313, LogLevel.Warning,
        "{Provider} refuses to put the guide into guests' VMs, with status {Status}: guests run without /run/couch. {Advice}, "
            + "or set no COUCH_PUBLIC_URL. This is logged once until a guide is written")]
    private partial void LogRefused(string provider, int status, string advice);
}
