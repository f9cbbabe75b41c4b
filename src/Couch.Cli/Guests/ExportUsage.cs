using System.CommandLine;
using Couch.Cli.CommandLine;
using Couch.Cli.Output;
using Couch.Client;

namespace Couch.Cli.Guests;

/// <summary>What each guest has used and may use, all of them, for a bill or a spreadsheet.</summary>
internal static class ExportUsage
{
    private const string Csv = "csv";
    private const string AsJson = "json";

    private static readonly View<Guest> View = new(guest => guest.Id,
        new("id", guest => guest.Id),
        new("name", guest => guest.Name),
        new("status", guest => guest.Status),
        new("endReason", guest => guest.EndReason),
        new("inviteId", guest => guest.InviteId),
        new("createdAt", guest => Words.Time(guest.CreatedAt)),
        new("expiresAt", guest => Words.Time(guest.ExpiresAt)),
        new("stoppedAt", guest => Words.Time(guest.StoppedAt)),
        new("tokensUsed", guest => Words.Number(guest.ResourceUsage.TokensUsed)),
        new("maxTokenBudget", guest => Words.Number(guest.ResourceLimits.MaxTokenBudget)),
        new("cpuSeconds", guest => Words.Number(guest.ResourceUsage.CpuSeconds)),
        new("maxCpuCores", guest => Words.Number(guest.ResourceLimits.MaxCpuCores)),
        new("memoryPeakMB", guest => Words.Number(guest.ResourceUsage.MemoryPeakMB)),
        new("maxMemoryMB", guest => Words.Number(guest.ResourceLimits.MaxMemoryMB)),
        new("diskUsedGB", guest => Words.Number(guest.ResourceUsage.DiskUsedGB)),
        new("maxDiskGB", guest => Words.Number(guest.ResourceLimits.MaxDiskGB)),
        new("networkEgressGB", guest => Words.Number(guest.ResourceUsage.NetworkEgressGB)),
        new("maxNetworkEgressGB", guest => Words.Number(guest.ResourceLimits.MaxNetworkEgressGB)),
        new("uptimeSeconds", guest => Words.Number(guest.ResourceUsage.UptimeSeconds)),
        new("maxDurationHours", guest => Words.Number(guest.ResourceLimits.MaxDurationHours)));

    public static Verb Verb()
    {
        var format = new Option<string>("--format")
        {
            Description = "csv, or json: whole guests, as the protocol spells them.", HelpName = "format",
        };
        format.AcceptOnlyFromAmong(Csv, AsJson);
        var status = CommonOptions.Status(
            GuestStatus.Provisioning, GuestStatus.Running, GuestStatus.Stopped, GuestStatus.Expired, GuestStatus.Revoked);
        return new Verb(
            "export", "Print what all guests have used and may use, as CSV or JSON.",
            "couch guest export > usage.csv", "couch guest export --label reviewers --format json")
        {
            format, status, CommonOptions.CreatedBy, CommonOptions.Label,
        }.Does(async (call, cancel) =>
        {
            var guests = call.Couch.Guests.List(
                new()
                {
                    Status = call.Get(status),
                    CreatedBy = call.Get(CommonOptions.CreatedBy),
                    Label = call.Get(CommonOptions.Label),
                    PageSize = Pages.Most,
                }, cancel);
            if ((call.Get(format) ?? (call.Printer.Format is Format.Json ? AsJson : Csv)) == AsJson)
            {
                await new Printer(call.Surroundings, Format.Json, showSecrets: false).Rows(guests, View, limit: 0, call.Notes, cancel);
                return;
            }

            // As RFC 4180 has it, line ends too.
            var output = call.Surroundings.Out;
            output.Write(string.Join(',', View.Columns.Select(column => column.Name)) + "\r\n");
            await foreach (var guest in guests)
                output.Write(string.Join(',', View.Columns.Select(column => Cell(column.Whole(guest)))) + "\r\n");
            await output.FlushAsync(cancel);
        });
    }

    /// <summary>A value in a line of CSV. A name must not become a formula in whoever opens it in a spreadsheet.</summary>
    private static string Cell(string? value)
    {
        var text = Visible.Of(value);
        if (text is ['=' or '+' or '-' or '@', ..])
            text = "'" + text;
        return text.AsSpan().ContainsAny(",\"") ? $"\"{text.Replace("\"", "\"\"", StringComparison.Ordinal)}\"" : text;
    }
}
