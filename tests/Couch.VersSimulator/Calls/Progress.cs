using Couch.VersSimulator.Faults;
using Microsoft.AspNetCore.Http.Features;

namespace Couch.VersSimulator.Calls;

/// <summary>What is known of a call under way; its own request writes it, nobody else.</summary>
internal sealed class Progress(JournalEntry entry)
{
    public Guid? Vm { get; set; }

    public Effect? Fault { get; set; }

    public int? Done
    {
        get => entry.Done;
        set => entry.Done = value;
    }

    /// <summary>No answer is to leave, whatever the server makes of a connection that breaks.</summary>
    public bool IsSilent { get; set; }

    public static Progress Of(HttpContext http) => http.Features.GetRequiredFeature<Progress>();
}
