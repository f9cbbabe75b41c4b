using System.CommandLine;

namespace Couch.Cli.CommandLine;

/// <summary>Options that every command takes.</summary>
internal static class GlobalOptions
{
    public static readonly Option<string> Url = new("--url")
    {
        Description = "The couch's address. Otherwise COUCH_URL, then the context's, then http://localhost:3000.",
        HelpName = "address",
        Recursive = true,
    };

    public static readonly Option<string> Context = new("--context")
    {
        Description = "The context to use, in place of the current one and of the environment: see 'couch context'.",
        HelpName = "name",
        Recursive = true,
    };

    public static readonly Option<string> KeyFile = new("--key-file")
    {
        Description = "A file with the host key; '-' reads it from standard input. Otherwise COUCH_AUTH_TOKEN, then the context's.",
        HelpName = "file",
        Recursive = true,
    };

    public static readonly Option<bool> Json = new("--json")
    {
        Description = "Print JSON: one value, an array, or a line for each event.",
        Recursive = true,
    };

    public static readonly Option<bool> Quiet = new("--quiet", "-q")
    {
        Description = "Print ids alone.",
        Recursive = true,
    };

    public static readonly Option<bool> ShowSecrets = new("--show-secrets")
    {
        Description = "Print codes, tokens and keys in full where they are masked otherwise.",
        Recursive = true,
    };

    public static IEnumerable<Option> All => [Url, Context, KeyFile, Json, Quiet, ShowSecrets];
}
