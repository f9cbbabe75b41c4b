using System.ComponentModel.DataAnnotations;
using Couch.Domain.Keys;
using Couch.Domain.Text;
using Couch.Domain.Values;
using Couch.Gateway.Requests;

namespace Couch.Gateway.Keys;

/// <summary>A host key to be made.</summary>
public sealed record CreateKeyBody
{
    /// <summary>What the key is for: 1 to 128 characters.</summary>
    [Required] public string? Name { get; init; }

    /// <summary>
    /// The key's scopes: at least one of <c>invites</c>, <c>guests</c>, <c>meter</c>, <c>keys</c>, <c>vms</c>, <c>events</c> and
    /// <c>webhooks</c>. The key that makes it must have all of them.
    /// </summary>
    [Required] public IReadOnlyList<string?>? Scopes { get; init; }

    /// <summary>
    /// How long the key is valid, in hours: more than 0, at most 87,600. Default: without limit, or as long as the key that makes
    /// it; never longer than that.
    /// </summary>
    public double? ExpiresInHours { get; init; }

    internal (string Name, KeyScopes Scopes, double? Hours) Read(Fields fields) => (
        fields.Required("name", Name, Bounds.MostName),
        ReadScopes(fields),
        ExpiresInHours is null ? null : fields.Hours("expiresInHours", ExpiresInHours, 0, HostKey.MostHours));

    private KeyScopes ReadScopes(Fields fields)
    {
        if (Scopes is null or [])
            fields.Wrong("scopes is required");
        var scopes = new List<KeyScope>();
        foreach (var word in Scopes ?? [])
        {
            if (word is not null && Words.TryParse<KeyScope>(word, out var scope))
                scopes.Add(scope);
            else
                fields.Wrong($"scopes must each be one of {string.Join(", ", Words.All<KeyScope>())}");
        }

        return KeyScopes.Of(scopes);
    }
}
