using Couch.Cli.Output;
using Couch.Cli.Terminal;

namespace Couch.Cli.Doctor;

/// <summary>What one look at a couch has found.</summary>
internal sealed record Finding
{
    public const string Well = "ok";
    public const string Remark = "note";
    public const string Wrong = "fault";

    /// <summary>What was looked at, such as <c>clock</c>.</summary>
    public required string Check { get; init; }

    /// <summary><see cref="Well"/>, <see cref="Remark"/> or <see cref="Wrong"/>.</summary>
    public required string State { get; init; }

    /// <summary>What was found, as a sentence.</summary>
    public required string Says { get; init; }

    /// <summary>What mends it: with every fault.</summary>
    public string? Mend { get; init; }

    public static View<Finding> View { get; } = new(finding => finding.State is Wrong ? finding.Check : "",
        new("check", finding => finding.Check),
        new("state", finding => finding.State),
        new("says", finding => finding.Says),
        new("mend", finding => finding.Mend));

    public static Finding Ok(string check, string says) => new() { Check = check, State = Well, Says = says };

    public static Finding Note(string check, string says) => new() { Check = check, State = Remark, Says = says };

    public static Finding Fault(string check, string says, string mend) => new() { Check = check, State = Wrong, Says = says, Mend = mend };

    /// <summary>For a person.</summary>
    public string Line(Surroundings around)
    {
        var colour = State switch { Wrong => "\e[31m", Well => "\e[32m", _ => "\e[33m" };
        var state = around.HasColours ? $"{colour}{State,-5}\e[0m" : $"{State,-5}";
        return $"{state}  {Check,-9}  {Visible.Of(Says)}" + (Mend is null ? "" : $"\n                  mend: {Visible.Of(Mend)}");
    }
}
