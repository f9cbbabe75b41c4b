using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;

namespace Couch.Domain.Text;

/// <summary>
/// ULIDs as their one canonical spelling: 26 upper-case characters. Sorting the text sorts by time,
/// so newest-first and the paging cursor are the primary key itself.
/// </summary>
internal static class UlidText
{
    private const int RandomBytes = 10;

    /// <summary>
    /// The end of the valid times. The 48 bits of a ULID reach beyond the last date of .NET; every stay and key must end before that date
    /// too.
    /// </summary>
    private static readonly DateTimeOffset LastTime = new(9900, 1, 1, 0, 0, 0, TimeSpan.Zero);

    private static readonly string LastText = LowestAt(LastTime);

    public static string New(DateTimeOffset now, RandomNumberGenerator random)
    {
        Span<byte> bytes = stackalloc byte[RandomBytes];
        random.GetBytes(bytes);
        return Ulid.NewUlid(now, bytes).ToString();
    }

    public static string LowestAt(DateTimeOffset time) => Ulid.NewUlid(time, stackalloc byte[RandomBytes]).ToString();

    /// <summary>Strict: a second spelling of an id (lower case, look-alike letters) is not that id.</summary>
    public static bool IsCanonical([NotNullWhen(true)] string? text) =>
        text?.Length == 26 && Ulid.TryParse(text, out var ulid) && ulid.ToString() == text && string.CompareOrdinal(text, LastText) < 0;

    public static DateTimeOffset TimeOf(string text) => Ulid.Parse(text).Time;

    public static byte[] Bytes(string text) => Ulid.Parse(text).ToByteArray();

    public static string From(ReadOnlySpan<byte> bytes) => new Ulid(bytes).ToString();
}
