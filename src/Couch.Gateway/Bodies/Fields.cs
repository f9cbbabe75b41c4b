using Couch.Domain.Values;
using Couch.Gateway.Problems;

namespace Couch.Gateway.Bodies;

/// <summary>
/// Reads fields by the domain's <see cref="Bounds"/> and remembers the first that is out of them. A reader goes through all of its
/// fields and asks for <see cref="Refusal"/> at the end; what it has read until then means nothing if there is one.
/// </summary>
internal sealed class Fields
{
    /// <summary>Null where every field was within its bounds.</summary>
    public Refusal? Refusal { get; private set; }

    public void Wrong(string sentence) => Refusal ??= Refusals.Wrong(sentence);

    /// <summary>Text that must be there, without the blanks around it.</summary>
    public string Required(string name, string? text, int most)
    {
        var value = Optional(name, text, most);
        if (value is null)
            Wrong($"{name} is required");
        return value ?? "";
    }

    /// <summary>Text without the blanks around it; null where nothing is left.</summary>
    public string? Optional(string name, string? text, int most)
    {
        // Before trimming, which would take tabs and newlines away unseen.
        Ask(Bounds.Characters(name, text));
        var value = text?.Trim() is { Length: > 0 } trimmed ? trimmed : null;
        Ask(Bounds.Length(name, value, most));
        return value;
    }

    public double Above0(string name, double? number, double otherwise, double most = Bounds.MostNumber)
    {
        var value = number ?? otherwise;
        Ask(Bounds.Above0(name, value, most));
        return value;
    }

    public double AtLeast0(string name, double? number, double otherwise) => AtLeast0(name, number) ?? otherwise;

    public double? AtLeast0(string name, double? number)
    {
        if (number is { } value)
            Ask(Bounds.AtLeast0(name, value));
        // There is a negative zero, and it would be shown as -0.
        return number is 0 ? 0 : number;
    }

    /// <summary>A whole number, also where it is written with a fraction of zero.</summary>
    public long? Whole(string name, double? number)
    {
        if (number is not { } value)
            return null;
        var answer = Bounds.Whole(name, value);
        Ask(answer);
        return answer is null ? (long)value : null;
    }

    private void Ask(string? answer)
    {
        if (answer is not null)
            Wrong(answer);
    }
}
