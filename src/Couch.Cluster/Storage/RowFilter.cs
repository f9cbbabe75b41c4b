namespace Couch.Cluster.Storage;

/// <summary>Narrows a list of guests or invites down. What is null narrows nothing.</summary>
/// <param name="CreatedBy">Only those whose invite was made under exactly this name.</param>
/// <param name="Label">Only those whose invite has exactly this label.</param>
/// <param name="Name">Only guests whose name begins so. Capital letters of ASCII count as small ones.</param>
public sealed record RowFilter(string? CreatedBy = null, string? Label = null, string? Name = null)
{
    // Above every character that a name may have. Both engines compare texts by the order of their code points.
    private const string Last = "\U0010FFFF";

    /// <summary>The conditions in SQL, each after its own AND; empty for none. Both engines accept them unchanged.</summary>
    /// <param name="kind">One of <see cref="GrainKinds"/>: a guest's invite is another row.</param>
    internal string Conditions(string kind)
    {
        var ofInvite = kind is GrainKinds.Invite ? OfInvite("grain_state") : OfInvite("invite");
        if (ofInvite is not "" && kind is not GrainKinds.Invite)
            // Not EXISTS: SQLite would search the creator's invites anew for each guest.
            ofInvite =
                " AND id IN (SELECT invite.guest_id FROM grain_state AS invite WHERE invite.service = @service AND invite.kind = 'invite'"
                + $" AND invite.guest_id IS NOT NULL{ofInvite})";
        return ofInvite + (Name is null ? "" : " AND name_key >= @name AND name_key < @nameEnd");
    }

    /// <summary>The conditions on the invite's own row.</summary>
    /// <param name="row">The name of its table in the statement.</param>
    internal string OfInvite(string row) =>
        (CreatedBy is null ? "" : $" AND {row}.created_by = @createdBy") + (Label is null ? "" : $" AND {row}.label = @label");

    /// <summary>The parameters of <see cref="Conditions"/>.</summary>
    internal IEnumerable<(string Name, object Value)> Values
    {
        get
        {
            if (CreatedBy is not null)
                yield return ("createdBy", CreatedBy);
            if (Label is not null)
                yield return ("label", Label);
            if (Name is not null)
            {
                var key = string.Concat(Name.Select(letter => char.IsAsciiLetterUpper(letter) ? char.ToLowerInvariant(letter) : letter));
                yield return ("name", key);
                yield return ("nameEnd", key + Last);
            }
        }
    }
}
