namespace Couch.Client.Http;

internal static class Ids
{
    /// <summary>
    /// An id as a part of a path. No id has other characters than these, and with others the path might become another: an empty id
    /// would turn one guest into the list of all.
    /// </summary>
    /// <exception cref="ArgumentException">It cannot be an id.</exception>
    public static string Checked(string id) => !string.IsNullOrEmpty(id) && id.All(char.IsAsciiLetterOrDigit)
        ? id
        : throw new ArgumentException("an id consists of letters and digits, and is not empty", nameof(id));
}
