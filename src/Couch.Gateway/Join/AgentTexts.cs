using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;

namespace Couch.Gateway.Join;

/// <summary>
/// The texts that a guest's agent reads: a part of the program, alike for everybody but for the couch's address. None holds a secret, and
/// none holds anything that a host or a guest has written.
/// </summary>
internal sealed partial class AgentTexts
{
    /// <summary>The folder and the name of the guest's skill.</summary>
    public const string SkillName = "couch-guest";

    private const string Address = "{{couch}}";

    private readonly string join = Read("join.md");
    private readonly string llms = Read("llms.txt");

    public AgentTexts()
    {
        Skill = Read("SKILL.md");
        SkillDescription = Description().Match(Skill).Groups[1].Value;
        SkillDigest = "sha256:" + Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(Skill)));
    }

    /// <summary>The guest's skill, byte for byte as its digest says. It names no address, so that it is the same on every couch.</summary>
    public string Skill { get; }

    /// <summary>What the skill's front matter says that it is for.</summary>
    public string SkillDescription { get; }

    /// <summary><c>sha256:</c> and the hexadecimal digest of the skill.</summary>
    public string SkillDigest { get; }

    /// <summary>The paste-block: how to redeem, wait and leave.</summary>
    public string Join(string couch) => join.Replace(Address, couch, StringComparison.Ordinal);

    /// <summary>What there is for agents, as links.</summary>
    public string Llms(string couch) => llms.Replace(Address, couch, StringComparison.Ordinal);

    private static string Read(string name)
    {
        using var stream = typeof(AgentTexts).Assembly.GetManifestResourceStream("join/" + name)!;
        using var reader = new StreamReader(stream, Encoding.UTF8);
        return reader.ReadToEnd();
    }

    [GeneratedRegex("^description: (.+)$", RegexOptions.Multiline)]
    private static partial Regex Description();
}
