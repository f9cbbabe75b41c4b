namespace Couch.Client.Http;

internal static class Bearer
{
    /// <summary>
    /// Whether a text can be sent as bearer. It is asked before .NET's own check, whose exception has the text in its message.
    /// </summary>
    public static bool CanBe(string text) => text.Length > 0 && !text.Any(char.IsControl);

    /// <exception cref="ArgumentException">The token is empty, or has control characters.</exception>
    public static Secret Checked(Secret token, string parameter) => CanBe(token.Reveal())
        ? token
        : throw new ArgumentException("a token must not be empty, and must not contain control characters", parameter);
}
