using System.Globalization;
using System.Text.Json;
using Couch.Domain.Text;
using CsCheck;
using Xunit;

namespace Couch.Tests.Domain;

public sealed class IsoTimeTests
{
    [Fact]
    public void A_time_is_spelled_in_utc_with_three_digits_cut_and_not_rounded() =>
        Gen.DateTimeOffset.Sample(time =>
        {
            var spelled = time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);
            Assert.Equal(spelled, time.ToIso());
            Assert.Equal($"\"{spelled}\"", JsonSerializer.Serialize(time, CouchJson.Stored));
        });
}
