using System.Globalization;
using Couch.Client;
using Spectre.Console;

namespace Couch.Cli.Output;

/// <summary>Values in words: exact for programs, short for people.</summary>
internal static class Words
{
    /// <summary>As the protocol spells times.</summary>
    public static string? Time(DateTimeOffset? time) =>
        time?.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);

    public static string Number(double number) => number.ToString("0.######", CultureInfo.InvariantCulture);

    public static string Number(long number) => number.ToString(CultureInfo.InvariantCulture);

    public static string Flag(bool flag) => flag ? "true" : "false";

    /// <summary>How far a time is from now: <c>in 23h</c>, <c>5m ago</c>.</summary>
    public static string? Away(DateTimeOffset? time, DateTimeOffset now) => time switch
    {
        null => null,
        { } later when later > now => "in " + Span(later - now),
        { } earlier => Span(now - earlier) + " ago",
    };

    /// <summary>The two greatest units that matter: <c>2d 3h</c>, <c>45s</c>.</summary>
    public static string Span(TimeSpan span) => span switch
    {
        { TotalDays: >= 2 } => span.Hours == 0 ? $"{(int)span.TotalDays}d" : $"{(int)span.TotalDays}d {span.Hours}h",
        { TotalHours: >= 1 } => span.Minutes == 0 ? $"{(int)span.TotalHours}h" : $"{(int)span.TotalHours}h {span.Minutes}m",
        { TotalMinutes: >= 1 } => $"{(int)span.TotalMinutes}m",
        _ => $"{(int)span.TotalSeconds}s",
    };

    /// <summary>The host key that did something.</summary>
    public static string? By(Actor? actor) => actor switch
    {
        { Name: { } name, KeyId: { } id } => $"{name} ({id})",
        { Name: { } name } => name,
        { KeyId: { } id } => id,
        _ => null,
    };

    public static Color? OfStatus(string status) => status switch
    {
        GuestStatus.Running or InviteStatus.Active or "ok" => Color.Green,
        GuestStatus.Provisioning or WebhookState.Failing or "warning" => Color.Yellow,
        WebhookState.Parked or "fault" => Color.Red,
        _ => Color.Grey,
    };
}
