using System.CommandLine;
using Couch.Cli.Completion;

namespace Couch.Cli.CommandLine;

/// <summary>Options and arguments that several commands share, so that they are spelled alike everywhere.</summary>
internal static class CommonOptions
{
    public static readonly Option<bool> Yes = new("--yes", "-y") { Description = "Do not ask. Needed where there is no terminal." };

    public static readonly Option<bool> DryRun = new("--dry-run") { Description = "Show what would happen, and do nothing." };

    public static readonly Option<bool> All = new("--all") { Description = "All of them, or all that the filters choose." };

    public static readonly Option<string> CreatedBy = new("--created-by")
    {
        Description = "Only those whose invite was made by this host.", HelpName = "name",
    };

    public static readonly Option<string> Label = new("--label")
    {
        Description = "Only those whose invite has exactly this label.", HelpName = "text",
    };

    public static readonly Option<int?> Limit = new("--limit")
    {
        Description = "How many at most; 0: all. Otherwise all, but 100 on a terminal; of events all there too.", HelpName = "n",
    };

    public static readonly Option<string> IdempotencyKey = new("--idempotency-key")
    {
        Description = "For 24 hours the same key gives the same answer, and does nothing twice.", HelpName = "key",
    };

    /// <summary>Statuses to choose from.</summary>
    public static Option<string> Status(params string[] words)
    {
        var status = new Option<string>("--status")
        {
            Description = $"Only those that are {string.Join(", ", words)}.", HelpName = "status",
        };
        status.AcceptOnlyFromAmong(words);
        return status;
    }

    /// <summary>One id, or as much of its beginning as only it has.</summary>
    /// <param name="what">What it is the id of: the noun of the command.</param>
    public static Argument<string> Id(string what) => new("id")
    {
        Description = $"The {what}'s id, or as much of its beginning as no other has.",
        HelpName = "id",
        CompletionSources = { LiveNames.Of(what) },
    };

    /// <summary>Ids, each as above.</summary>
    public static Argument<string[]> Ids(string what) => new("id")
    {
        Description = $"Ids of {what}s, or as much of their beginnings as no other has.",
        HelpName = "id",
        Arity = ArgumentArity.ZeroOrMore,
        CompletionSources = { LiveNames.Of(what) },
    };

    /// <summary>A time span such as <c>90m</c>.</summary>
    public static Option<TimeSpan?> Span(string name, string description) => new(name)
    {
        Description = description + " Such as 90m, 2h or 3d.",
        HelpName = "time",
        CustomParser = Duration.Parse,
    };
}
