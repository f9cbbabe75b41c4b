namespace Couch.Cluster.Storage;

/// <summary>The words in a row's key. A state name is the row's kind: never change one.</summary>
public static class GrainKinds
{
    /// <summary>Orleans' ServiceId: part of every key, never changes.</summary>
    public const string Service = "couch";

    public const string Invite = "invite";
    public const string Guest = "guest";
    public const string HostKey = "host-key";
    public const string Housekeeping = "housekeeping";
}
